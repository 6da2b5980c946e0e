// SPDX-License-Identifier: Apache-2.0
// How much CPU time a control group leaves to this process, in cores.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace derate::host {

/// cgroup v2's cpu.max: "200000 100000" is two cores; "max 100000" and nonsense are no limit.
[[nodiscard]] std::optional<double> parse_cpu_max(std::string_view text);

/// cgroup v1's cpu.cfs_quota_us and cpu.cfs_period_us; a quota of -1 is no limit.
[[nodiscard]] std::optional<double> parse_cfs_quota(std::string_view quota,
                                                    std::string_view period);

/// The tightest quota from the process's own groups up to their root; empty when there is none.
/// `root` is the folder that holds proc/ and sys/: "/" but in tests.
[[nodiscard]] std::optional<double> cpu_quota_cores(const std::string& root);

}  // namespace derate::host
