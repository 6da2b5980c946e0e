// SPDX-License-Identifier: Apache-2.0
// dot: the sum of x[i]·y[i]. Bound by memory: two elements read per fused multiply-add.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "derate/operands.h"
#include "derate/work.h"

namespace dot {

inline constexpr std::uint64_t kSeedX = 1;
inline constexpr std::uint64_t kSeedY = 2;

/// A fused multiply-add counts as two operations, and each operand is read once.
inline derate::Work work(const derate::Problem& problem) {
  const auto n = static_cast<double>(problem.at("n"));
  return {.flops = 2 * n, .bytes = 2 * n * bytes_per_element(derate::Precision::f64)};
}

inline std::string size_class(const derate::Problem& problem) {
  return problem.at("n") < (1 << 20) ? "small" : "large";
}

/// The right result, and how far rounding may move it whatever the order of summation: n times the
/// unit roundoff times the sum of |x[i]·y[i]| (Higham, Accuracy and Stability, section 3.1).
struct Reference {
  double value = 0;
  double tolerance = 0;
};

inline Reference reference(std::int64_t n, derate::DataPattern data) {
  long double sum = 0;
  long double sum_of_magnitudes = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const long double product = static_cast<long double>(element(data, kSeedX, index)) *
                                static_cast<long double>(element(data, kSeedY, index));
    sum += product;
    sum_of_magnitudes += std::abs(product);
  }
  return {static_cast<double>(sum),
          static_cast<double>(static_cast<long double>(n) * 0x1p-53L * sum_of_magnitudes)};
}

}  // namespace dot
