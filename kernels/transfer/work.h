// SPDX-License-Identifier: Apache-2.0
// transfer: bytes between host and device, or between two devices. Bound by the link between them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::transfer {

/// What crosses the link: to the device, and from it.
inline constexpr std::uint64_t kSeedThere = 1;
inline constexpr std::uint64_t kSeedBack = 2;

inline constexpr std::int64_t kSmall_bytes = std::int64_t{64} << 10;
inline constexpr std::int64_t kMedium_bytes = std::int64_t{1} << 20;
inline constexpr std::int64_t kLarge_bytes = std::int64_t{256} << 20;

/// Elements are f32, so that a wrong one can be named; only whole ones cross.
inline std::int64_t elements(const Problem& problem) {
  return problem.at("bytes") / static_cast<std::int64_t>(sizeof(float));
}

inline Work one_way(const Problem& problem) {
  return {.bytes = static_cast<double>(elements(problem)) * sizeof(float)};
}

/// Both directions count: what crosses the link, not what a program ends up with.
inline Work both_ways(const Problem& problem) { return {.bytes = 2 * one_way(problem).bytes}; }

/// "small" is mostly the cost of starting a copy, "large" mostly the link.
inline std::string size_class(const Problem& problem) {
  const std::int64_t bytes = problem.at("bytes");
  return bytes < kMedium_bytes ? "small" : bytes < (std::int64_t{64} << 20) ? "medium" : "large";
}

/// What the link is measured by. It is halved until a quarter of either memory holds it: a transfer
/// both ways keeps two arrays on each side.
inline std::vector<Problem> large_problem(std::uint64_t device_bytes, std::uint64_t host_bytes) {
  const auto most = static_cast<std::int64_t>(std::min(device_bytes, host_bytes) / 4);
  std::int64_t large = kLarge_bytes;
  while (large > most && large > 2 * kMedium_bytes) large /= 2;
  return {{{"bytes", large}}};
}

/// What starting a copy costs.
inline std::vector<Problem> smaller_problems() {
  return {{{"bytes", kSmall_bytes}}, {{"bytes", kMedium_bytes}}};
}

}  // namespace derate::transfer
