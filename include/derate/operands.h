// SPDX-License-Identifier: Apache-2.0
// Operand values as a pure function of (seed, index): a host, a GPU and a reference result each
// compute the same element without copying an array.
#pragma once

#include <cstdint>

#include "derate/workload.h"  // DataPattern

namespace derate {

/// Uniform in [-1, 1) with 24 random bits, so that f32 holds it exactly. Steele, Lea and Flood's
/// SplitMix64 finaliser (OOPSLA 2014) over the index.
[[nodiscard]] constexpr double uniform_element(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t bits = (index + 1) * 0x9E3779B97F4A7C15u + seed * 0xD1B54A32D192ED03u;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 40) * 0x1p-23 - 1.0;
}

/// Element `index` of operand `seed` under a data pattern.
[[nodiscard]] constexpr double element(DataPattern pattern, std::uint64_t seed,
                                       std::uint64_t index) {
  return pattern == DataPattern::zeros ? 0.0 : uniform_element(seed, index);
}

}  // namespace derate
