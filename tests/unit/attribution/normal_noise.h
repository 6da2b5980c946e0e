// SPDX-License-Identifier: Apache-2.0
// Noise of made-up samples, the same on every machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "derate/operands.h"

namespace derate {

/// Standard normal, by Box and Muller.
[[nodiscard]] inline double normal_noise(std::uint64_t seed, std::uint64_t index) {
  const double radius = 0.5 + 0.4999999 * uniform_element(seed, 2 * index);
  const double angle = 0.5 + 0.4999999 * uniform_element(seed, 2 * index + 1);
  return std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
}

}  // namespace derate
