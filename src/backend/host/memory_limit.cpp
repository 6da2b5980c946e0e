// SPDX-License-Identifier: Apache-2.0
// Reads memory.max and memory.high of cgroup v2 and memory.limit_in_bytes of v1. What files in the
// page cache take is free: the kernel drops them before it kills.
#include "backend/host/memory_limit.h"

#include <algorithm>
#include <charconv>

#include "backend/host/cgroup.h"
#include "backend/host/files.h"

namespace derate::host {
namespace {

/// v1 writes the largest multiple of a page below 2^63 for "none".
constexpr std::uint64_t kNoLimit_bytes = std::uint64_t{1} << 60;

std::optional<std::uint64_t> number_in(const std::string& file) {
  const std::string text = read_line(file);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number >= kNoLimit_bytes) return std::nullopt;
  return number;
}

/// What two limits of the same memory leave.
std::optional<MemoryLimit> tighter(const std::optional<MemoryLimit>& a,
                                   const std::optional<MemoryLimit>& b) {
  if (!a || !b) return a ? a : b;
  return MemoryLimit{std::min(a->limit_bytes, b->limit_bytes),
                     std::min(a->free_bytes, b->free_bytes)};
}

/// By the file that holds a limit, and the one that holds what is in use.
std::optional<MemoryLimit> limit_of(const std::string& folder, const char* limit_file,
                                    const char* usage_file) {
  const auto limit = number_in(folder + limit_file);
  if (!limit) return std::nullopt;
  const std::uint64_t used = number_in(folder + usage_file).value_or(0);
  const std::uint64_t files =
      std::min(used, parse_reclaimable_bytes(read_file(folder + "/memory.stat")));
  return MemoryLimit{*limit, *limit - std::min(*limit, used - files)};
}

}  // namespace

std::uint64_t parse_reclaimable_bytes(std::string_view memory_stat) {
  std::uint64_t own = 0;
  std::uint64_t total = 0;  // v1 only: with the groups below
  while (!memory_stat.empty()) {
    std::string_view line = memory_stat.substr(0, memory_stat.find('\n'));
    memory_stat.remove_prefix(std::min(memory_stat.size(), line.size() + 1));
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view word = line.substr(0, space);
    std::uint64_t bytes = 0;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), bytes);
    if (word == "inactive_file" || word == "active_file") own += bytes;
    if (word == "total_inactive_file" || word == "total_active_file") total += bytes;
  }
  return std::max(own, total);
}

std::optional<MemoryLimit> memory_limit(const std::string& root) {
  const CgroupPaths paths = parse_own_cgroup(read_file(root + "/proc/self/cgroup"));
  std::optional<MemoryLimit> tightest;
  const auto v2 = [&](const std::string& folder) {
    for (const char* limit : {"/memory.max", "/memory.high"}) {
      tightest = tighter(tightest, limit_of(folder, limit, "/memory.current"));
    }
  };
  const auto v1 = [&](const std::string& folder) {
    tightest =
        tighter(tightest, limit_of(folder, "/memory.limit_in_bytes", "/memory.usage_in_bytes"));
  };
  const std::string mount = root + "/sys/fs/cgroup";
  if (paths.unified) for_each_group(mount, *paths.unified, v2);
  if (paths.memory) for_each_group(mount + "/memory", *paths.memory, v1);
  return tightest;
}

}  // namespace derate::host
