// SPDX-License-Identifier: Apache-2.0
// Tables of matrix products whose truth is known: a knee, a smooth field around it, and noise.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "derate/gemm_model.h"
#include "derate/operands.h"

namespace derate {

struct GemmTruth {
  GemmPeaks peaks = {1e15, 5e12, 0, 2, 2};
  GemmKnee knee = {0.8, 0.7, 4e-6, 2.5};
  double field = 0;        ///< its amplitude, in log time
  double noise = 0.01;     ///< standard deviation, in log time
  double small_noise = 0;  ///< the same, further, for products that take less than 10 µs

  [[nodiscard]] double residual(const GemmShape& shape) const {
    const double x = std::log2(static_cast<double>(shape.m));
    const double y = std::log2(static_cast<double>(shape.n));
    const double z = std::log2(static_cast<double>(shape.k));
    return field * std::sin(0.9 * x + 0.4 * z) * std::cos(0.7 * y);
  }

  /// What a product takes without noise.
  [[nodiscard]] double time_s(const GemmShape& shape) const {
    return knee_time_s(peaks, knee, shape) * std::exp(residual(shape));
  }
};

/// Uniform in (0, 1), the same on every machine.
inline double gemm_chance(std::uint64_t seed, std::uint64_t index) {
  return 0.5 + 0.4999999 * uniform_element(seed, index);
}

/// Extents spread evenly over the logarithm, from 16 to 16384.
inline std::vector<GemmSample> synthetic_gemms(const GemmTruth& truth, std::uint64_t count,
                                               std::uint64_t seed) {
  std::vector<GemmSample> samples;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto extent = [&](std::uint64_t j) {
      return static_cast<std::int64_t>(std::exp2(4 + 10 * gemm_chance(seed, 5 * i + j)));
    };
    const GemmShape shape = {extent(0), extent(1), extent(2)};
    const double normal = std::sqrt(-2 * std::log(gemm_chance(seed, 5 * i + 3))) *
                          std::cos(2 * std::numbers::pi * gemm_chance(seed, 5 * i + 4));
    const double time_s = truth.time_s(shape);
    const double deviation = truth.noise + (time_s < 1e-5 ? truth.small_noise : 0);
    samples.push_back({shape, time_s * std::exp(deviation * normal)});
  }
  return samples;
}

}  // namespace derate
