// SPDX-License-Identifier: Apache-2.0
// vector_add: c[i] = a[i] + b[i]. Bound by memory: two elements read and one written per addition.
#pragma once

#include <string>
#include <vector>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::vector_add {

inline constexpr std::uint64_t kSeedA = 1;
inline constexpr std::uint64_t kSeedB = 2;

inline Work work(const Problem& problem, Precision precision) {
  const auto n = static_cast<double>(problem.at("n"));
  return {.flops = n, .bytes = 3 * n * bytes_per_element(precision)};
}

/// "medium" still fits a GPU's L2 or a CPU's L3 when hot; "large" never does.
inline std::string size_class(const Problem& problem) {
  return problem.at("n") < (std::int64_t{1} << 24) ? "medium" : "large";
}

/// c[i] as every variant must return it to the last bit: one correctly rounded f32 addition.
inline float expected(DataPattern pattern, std::int64_t i) {
  const auto index = static_cast<std::uint64_t>(i);
  return static_cast<float>(element(pattern, kSeedA, index)) +
         static_cast<float>(element(pattern, kSeedB, index));
}

}  // namespace derate::vector_add
