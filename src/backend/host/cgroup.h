// SPDX-License-Identifier: Apache-2.0
// The control groups of this process: where the limits of its CPU time and memory are kept.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace derate::host {

/// The groups of a process in /proc/self/cgroup: v2's line "0::/path", v1's "4:cpu,cpuacct:/path".
struct CgroupPaths {
  std::optional<std::string> unified;
  std::optional<std::string> cpu;
  std::optional<std::string> memory;
};
[[nodiscard]] CgroupPaths parse_own_cgroup(std::string_view text);

/// Calls `visit` with the folder of the group and of every one above it, up to the mount: a limit
/// of any of them holds. In a container the path may be the host's and not exist here; its parents,
/// up to the mount itself, still do.
void for_each_group(const std::string& mount, std::string path,
                    const std::function<void(const std::string& folder)>& visit);

/// The first number of `text`; none in "max" and in nonsense.
[[nodiscard]] std::optional<double> leading_number(std::string_view text);

}  // namespace derate::host
