// SPDX-License-Identifier: Apache-2.0
// The work of one launch, counted once: precision, problem size, operations and bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace derate {

/// Arithmetic of the operands and of the accumulator.
enum class Precision { f64, f32 };

[[nodiscard]] constexpr std::string_view to_string(Precision precision) {
  return precision == Precision::f64 ? "f64" : "f32";
}

[[nodiscard]] constexpr double bytes_per_element(Precision precision) {
  return precision == Precision::f64 ? 8 : 4;
}

/// Which execution units do the arithmetic; they have peaks of their own.
enum class Units { vector, tensor };

/// Which peak bounds a workload: 2·N·C or the memory's bandwidth.
enum class Bound { compute, memory };

[[nodiscard]] constexpr std::string_view to_string(Bound bound) {
  return bound == Bound::compute ? "compute" : "memory";
}

/// Work of one launch. `flops` counts a fused multiply-add as two operations; `bytes` is the
/// traffic that the algorithm cannot avoid, each operand read or written once.
struct Work {
  double flops = 0;
  double bytes = 0;

  [[nodiscard]] double amount(Bound bound) const { return bound == Bound::compute ? flops : bytes; }
};

/// A problem size: named extents in a fixed order, such as m, n, k.
class Problem {
 public:
  Problem(std::initializer_list<std::pair<std::string, std::int64_t>> extents)
      : extents_(extents) {}

  /// The extent called `name`; throws std::out_of_range when the problem has none.
  [[nodiscard]] std::int64_t at(std::string_view name) const;

  /// "m:512/n:512/k:512", the form used in benchmark names and records.
  [[nodiscard]] std::string str() const;

 private:
  std::vector<std::pair<std::string, std::int64_t>> extents_;
};

}  // namespace derate
