// SPDX-License-Identifier: Apache-2.0
// memory_read and memory_latency: bandwidth and latency of every level of the memory, as a curve
// over working sets. A variant is a level; its sizes are chosen so that they lie in that level and
// in no other, from what the device says of its caches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "derate/workload.h"

namespace derate::memory {

enum class Level { l1, shared, l2, l3, dram };

[[nodiscard]] inline std::string name_of(Level level) {
  switch (level) {
    case Level::l1:
      return "L1";
    case Level::shared:
      return "shared";
    case Level::l2:
      return "L2";
    case Level::l3:
      return "L3";
    case Level::dram:
      return "DRAM";
  }
  return "";
}

/// What is to stay in a cache is hot whatever a user wants.
[[nodiscard]] constexpr std::optional<CachePolicy> cache_of(Level level) {
  if (level == Level::dram) return std::nullopt;
  return CachePolicy::hot;
}

/// A working set beyond the last-level cache: 16 times as large, so that what the cache still holds
/// of it when it comes round is 6 % at most; where that would be more than 1 GiB, no less than 4
/// times, and in any case half of the memory at most.
[[nodiscard]] inline std::int64_t dram_bytes(const Device& device) {
  constexpr std::int64_t kEnough = std::int64_t{1} << 30;
  const auto cache = static_cast<std::int64_t>(device.last_level_cache_bytes);
  const auto memory = static_cast<std::int64_t>(device.memory_bytes);
  const std::int64_t wanted =
      std::clamp(16 * cache, std::int64_t{1} << 26, std::max(kEnough, 4 * cache));
  return memory > 0 ? std::min(wanted, memory / 2) : wanted;
}

/// The numbers from 0 to `count` - 1 in random order, 0 first: the way of a pointer chase, which
/// goes from each to the next and from the last to the first. Every way is equally likely, as with
/// Sattolo's algorithm, and no prefetcher knows it.
[[nodiscard]] inline std::vector<std::uint32_t> random_way(std::int64_t count) {
  std::vector<std::uint32_t> way(static_cast<std::size_t>(count));
  std::iota(way.begin(), way.end(), std::uint32_t{0});
  std::mt19937_64 random(1);  // the same way in every process
  for (std::size_t i = way.size(); i > 2; --i) std::swap(way[i - 1], way[1 + random() % (i - 1)]);
  return way;
}

/// A launch goes on where the one before ended, so that a working set which takes many launches is
/// walked as a whole; each stretch of the way is an operand set. The loads of a launch are an odd
/// number, so that it never ends where it began, and one that were lost would show.
struct Stretches {
  std::int64_t lines = 1;
  std::int64_t loads = 1;  ///< of one launch

  [[nodiscard]] int sets() const {
    return static_cast<int>(std::clamp<std::int64_t>((lines + loads - 1) / loads, 1, 1 << 20));
  }
  /// Places on the way.
  [[nodiscard]] std::size_t begin(int set) const {
    return static_cast<std::size_t>(set * loads % lines);
  }
  [[nodiscard]] std::size_t end(int set) const {
    return static_cast<std::size_t>((set + 1) * loads % lines);
  }
};

[[nodiscard]] inline Work chase_work(const Problem& problem) {
  return {.steps = static_cast<double>(problem.at("loads"))};
}

}  // namespace derate::memory
