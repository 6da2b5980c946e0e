// SPDX-License-Identifier: Apache-2.0
// Which working sets lie in which cache of a GPU, and which in none.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/levels.h"

namespace derate::memory {

inline constexpr std::int64_t kSharedBytes = 32 * 1024;  // every GPU gives a block 48 KiB

/// What an SM divides between L1 and shared memory (CUDA C++ Programming Guide, compute
/// capabilities); no driver tells. The smallest of them where the architecture is not known.
[[nodiscard]] inline std::int64_t unified_cache_bytes(const std::string& architecture) {
  constexpr std::int64_t kKiB = 1024;
  if (architecture == "sm_75") return 96 * kKiB;
  for (const char* known : {"sm_70", "sm_86", "sm_89", "sm_120", "sm_121"}) {
    if (architecture == known) return 128 * kKiB;
  }
  if (architecture == "sm_80" || architecture == "sm_87") return 192 * kKiB;
  for (const char* known : {"sm_90", "sm_100", "sm_103"}) {
    if (architecture == known) return 256 * kKiB;
  }
  return 64 * kKiB;
}

/// What a launch that streams through a GPU's memory touches at least: 40 times the L2, which then
/// serves 2.5 % of the next launch at most even where it keeps what was to be evicted first, and no
/// less than 4 GiB.
[[nodiscard]] inline double streamed_bytes(const Device& device) {
  return std::max(0x1p32, 40 * static_cast<double>(device.last_level_cache_bytes));
}

/// The elements, a power of two, with which such a launch touches that much, at `bytes_each` over
/// all its arrays; fewer where these would take more than six tenths of the memory.
[[nodiscard]] inline std::int64_t streamed_elements(const Device& device, double bytes_each) {
  const double most = 0.6 * static_cast<double>(device.memory_bytes) / bytes_each;
  std::int64_t n = std::int64_t{1} << 24;
  while (static_cast<double>(n) * bytes_each < streamed_bytes(device) &&
         2 * static_cast<double>(n) <= most) {
    n *= 2;
  }
  return n;
}

/// Working sets in `level`, each a power of two: of an SM for L1 and shared memory, of the whole
/// GPU for the others. An eighth and a quarter of the L1, whose share of the SM's memory the driver
/// decides, and of the L2, since some have two halves that both keep what all SMs read. Of memory,
/// one for latency: what is read goes through streamed_bytes().
[[nodiscard]] inline std::vector<std::int64_t> working_sets(Level level, const Device& device) {
  const auto floor = [](std::int64_t bytes) {
    return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(bytes)));
  };
  if (level == Level::shared) return {kSharedBytes};
  if (level == Level::dram) return {floor(2 * dram_bytes(device) - 1)};
  const std::int64_t cache = level == Level::l1
                                 ? unified_cache_bytes(device.architecture)
                                 : static_cast<std::int64_t>(device.last_level_cache_bytes);
  const std::int64_t quarter = floor(std::max<std::int64_t>(cache / 4, 16 * 1024));
  return {quarter / 2, quarter};
}

}  // namespace derate::memory
