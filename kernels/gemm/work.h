// SPDX-License-Identifier: Apache-2.0
// gemm: C = A·B, row-major, A is m x k, B is k x n. The reference for one element of C is its dot
// product in f64, so any size can be checked by samples without an m·n·k reference run.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::gemm {

inline constexpr std::uint64_t kSeedA = 4;
inline constexpr std::uint64_t kSeedB = 5;

inline Work work(const Problem& problem, Precision precision) {
  const auto m = static_cast<double>(problem.at("m"));
  const auto n = static_cast<double>(problem.at("n"));
  const auto k = static_cast<double>(problem.at("k"));
  return {.flops = 2 * m * n * k, .bytes = (m * k + k * n + m * n) * bytes_per_element(precision)};
}

inline Problem cube(std::int64_t edge) { return {{"m", edge}, {"n", edge}, {"k", edge}}; }

/// By the edge of the cube with the same number of operations.
inline std::string size_class(const Problem& problem) {
  const double edge = std::cbrt(work(problem, Precision::f32).flops / 2);
  if (edge <= 512.5) return "small";
  return edge <= 2048.5 ? "medium" : "large";
}

/// One element of C and how far a result in precision T may lie from it. The rounding errors of k
/// accumulations behave like a random walk over partial sums, far below this bound, while a product
/// whose operands were cut to TF32 lies ten times above it.
struct Element {
  double value = 0;
  double tolerance = 0;
};

template <typename T>
Element expected(DataPattern pattern, const Problem& problem, std::int64_t row,
                 std::int64_t column) {
  const std::int64_t n = problem.at("n");
  const std::int64_t k = problem.at("k");
  double sum = 0;
  double squares = 0;
  for (std::int64_t p = 0; p < k; ++p) {
    const double a = element(pattern, kSeedA, static_cast<std::uint64_t>(row * k + p));
    const double b = element(pattern, kSeedB, static_cast<std::uint64_t>(p * n + column));
    sum += a * b;
    squares += a * b * a * b;
  }
  const double epsilon = std::numeric_limits<T>::epsilon();
  return {sum, 2 * epsilon * std::sqrt(static_cast<double>(k) * squares)};
}

/// Compares a row-major C with the reference: every element of a small C; otherwise the corners and
/// elements spread over rows and columns by a stride coprime to both. `at(row, column)` reads C.
template <typename T, typename At>
std::optional<std::string> check(DataPattern pattern, const Problem& problem, const At& at) {
  const std::int64_t m = problem.at("m");
  const std::int64_t n = problem.at("n");
  const std::int64_t elements = m * n;
  const std::int64_t samples = elements <= 16384 ? elements : 2048;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    // The first and the last sample are opposite corners; the others walk the whole of C.
    const std::int64_t index =
        samples == elements ? sample
        : sample + 1 == samples
            ? elements - 1
            : static_cast<std::int64_t>((static_cast<std::uint64_t>(sample) * 2654435761u) %
                                        static_cast<std::uint64_t>(elements));
    const std::int64_t row = index / n;
    const std::int64_t column = index % n;
    const Element want = expected<T>(pattern, problem, row, column);
    const auto got = static_cast<double>(at(row, column));
    if (!(std::abs(got - want.value) <= want.tolerance)) {
      return "C(" + std::to_string(row) + ", " + std::to_string(column) + ") is " +
             std::to_string(got) + ", not " + std::to_string(want.value) + " within " +
             std::to_string(want.tolerance);
    }
  }
  return std::nullopt;
}

}  // namespace derate::gemm
