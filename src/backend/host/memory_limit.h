// SPDX-License-Identifier: Apache-2.0
// How much memory the control groups of this process leave to it: beyond, the kernel kills it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace derate::host {

/// Of the group that leaves least.
struct MemoryLimit {
  std::uint64_t limit_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< of the limit, with what the kernel can take back from files
};

/// The sum of the numbers behind these words in memory.stat.
[[nodiscard]] std::uint64_t parse_reclaimable_bytes(std::string_view memory_stat);

/// Of the process's own groups up to their root, cgroup v2 and v1; empty when none has a limit.
/// `root` is the folder that holds proc/ and sys/: "/" but in tests.
[[nodiscard]] std::optional<MemoryLimit> memory_limit(const std::string& root);

}  // namespace derate::host
