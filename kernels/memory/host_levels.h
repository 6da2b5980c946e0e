// SPDX-License-Identifier: Apache-2.0
// Which working sets lie in which cache of this CPU.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backend/host/caches.h"
#include "memory/levels.h"

namespace derate::memory {

[[nodiscard]] constexpr int number_of(Level level) {
  return level == Level::l1 ? 1 : level == Level::l2 ? 2 : 3;
}

/// Working sets of one core in `level` while `busy` cores have one each: a quarter and a half of
/// the cache, or of a core's share of it, as long as they are twice what the level below holds.
/// None where there is no such cache, or where the share is too small.
[[nodiscard]] inline std::vector<std::int64_t> working_sets(
    Level level, int busy, const Device& device, const std::vector<host::DataCache>& caches) {
  if (level == Level::dram) {
    int sharing = 1;
    for (const host::DataCache& cache : caches) sharing = cache.cores;  // of the last level
    return {dram_bytes(device) / (busy > 1 ? sharing : 1)};
  }
  std::int64_t below = 0;
  for (const host::DataCache& cache : caches) {
    const auto bytes = static_cast<std::int64_t>(cache.bytes);
    if (cache.level < number_of(level)) below = bytes;
    if (cache.level != number_of(level)) continue;
    const std::int64_t share = bytes / (busy > 1 ? cache.cores : 1);
    std::vector<std::int64_t> sets;
    for (const std::int64_t part : {share / 4, share / 2}) {
      const std::int64_t whole_pages = part / 4096 * 4096;
      if (whole_pages > 0 && whole_pages >= 2 * below) sets.push_back(whole_pages);
    }
    return sets;
  }
  return {};
}

/// Why no working set is of the memory rather than of the last-level cache; empty when one is.
[[nodiscard]] inline std::optional<std::string> too_little_memory(const Device& device) {
  const auto cache = static_cast<std::int64_t>(device.last_level_cache_bytes);
  if (dram_bytes(device) >= 4 * cache) return std::nullopt;
  return "a working set of four times the last-level cache of " + std::to_string(cache >> 20) +
         " MiB would be more than half of the " + std::to_string(device.memory_bytes >> 20) +
         " MiB of memory";
}

/// Why nothing can be measured of `level`; empty when it can.
[[nodiscard]] inline std::optional<std::string> no_such_level(Level level, const Device& device) {
  if (level == Level::dram) return too_little_memory(device);
  for (const host::DataCache& cache : host::data_caches()) {
    if (cache.level == number_of(level)) return std::nullopt;
  }
  return "the kernel lists no " + name_of(level) + " data cache";
}

}  // namespace derate::memory
