// SPDX-License-Identifier: Apache-2.0
// gemm: C = A·B, row-major, A is m x k, B is k x n. The reference for one element of C is its dot
// product in f64, so any size can be checked by samples without an m·n·k reference run. The samples
// lie on a grid of rows and columns: it costs the operands of those rows and columns only, and no
// wrong tile slips through it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "derate/device.h"
#include "derate/operands.h"
#include "derate/work.h"
#include "gemm/formats.h"

namespace derate::gemm {

inline constexpr std::uint64_t kSeedA = 4;
inline constexpr std::uint64_t kSeedB = 5;

inline Work work(const Problem& problem, Precision precision) {
  const auto m = static_cast<double>(problem.at("m"));
  const auto n = static_cast<double>(problem.at("n"));
  const auto k = static_cast<double>(problem.at("k"));
  return {.flops = 2 * m * n * k, .bytes = (m * k + k * n + m * n) * bytes_per_element(precision)};
}

/// That of operands of type T, whose result may be wider.
template <typename T>
Work work_of(const Problem& problem) {
  Work amount = work(problem, kFormatOf<T>);
  const auto elements = static_cast<double>(problem.at("m") * problem.at("n"));
  amount.bytes += elements * static_cast<double>(sizeof(Result<T>) - sizeof(T));
  return amount;
}

inline Problem cube(std::int64_t edge) { return {{"m", edge}, {"n", edge}, {"k", edge}}; }

/// Cubes of these edges.
inline std::vector<Problem> cubes(const std::vector<std::int64_t>& edges) {
  std::vector<Problem> problems;
  for (const std::int64_t edge : edges) problems.push_back(cube(edge));
  return problems;
}

/// Why `device` does not multiply matrices of that size: extents are 32-bit integers to the
/// libraries, and the places of larger matrices are nowhere tested; or they do not fit.
template <typename T>
std::optional<std::string> refused(const Problem& problem, const Device& device) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  constexpr const char* kSides[][3] = {{"A", "m", "k"}, {"B", "k", "n"}, {"C", "m", "n"}};
  for (const auto& [matrix, down, across] : kSides) {
    const std::int64_t rows = problem.at(down);
    const std::int64_t columns = problem.at(across);
    // Room is left for the end of a loop that goes by tiles.
    if (std::max(rows, columns) <= kMost / 2 && rows <= (kMost - 1) / columns) continue;
    return std::string(matrix) + " would have " + std::to_string(rows) + " x " +
           std::to_string(columns) +
           " elements; 2^31 of them, or more than 2^30 in one direction, are not supported";
  }
  const double bytes = work_of<T>(problem).bytes;
  if (device.memory_bytes == 0 || bytes <= 0.9 * static_cast<double>(device.memory_bytes)) {
    return std::nullopt;
  }
  const auto gigabytes = [](double value) {
    return std::to_string(std::llround(value / 1e9)) + " GB";
  };
  return "the matrices take " + gigabytes(bytes) + ", and the device has " +
         gigabytes(static_cast<double>(device.memory_bytes)) + " of memory";
}

/// By the edge of the cube with the same number of operations.
inline std::string size_class(const Problem& problem) {
  const double edge = std::cbrt(work(problem, Precision::f32).flops / 2);
  if (edge <= 512.5) return "small";
  return edge <= 2048.5 ? "medium" : "large";
}

/// Rows or columns [0, extent) to check: one of every `spacing`, each at another offset in its
/// interval so that all offsets occur, and the last. `spacing` is a power of two.
inline std::vector<std::int64_t> sampled(std::int64_t extent, std::int64_t spacing) {
  std::vector<std::int64_t> indices;
  for (std::int64_t first = 0; first < extent; first += spacing) {
    // An odd factor, so that as many intervals as there are offsets take every offset once.
    const std::int64_t offset = 37 * (first / spacing) % spacing;
    indices.push_back(std::min(first + offset, extent - 1));
  }
  if (indices.back() != extent - 1) indices.push_back(extent - 1);
  return indices;
}

/// The smallest spacing, a power of two, with which the reference takes a few milliseconds; at most
/// 64 (40 ms at 8192 cubed).
inline std::int64_t check_spacing(const Problem& problem) {
  constexpr double kMultiplyAdds = 8.5e6;
  constexpr std::int64_t kWidest = 64;
  const double all = work(problem, Precision::f32).flops / 2;
  std::int64_t spacing = 1;
  while (spacing < kWidest && all > kMultiplyAdds * static_cast<double>(spacing * spacing)) {
    spacing *= 2;
  }
  return spacing;
}

/// How B lies in memory; A and C are row-major.
enum class LayoutOfB { row_major, column_major };

/// How often a multiplication adds each product of its k; empty: once. Stages of an attribution add
/// some of them many times and others never (stages.h).
using Times = std::vector<double>;

/// Elements of one row of C and how far a result may lie from them.
struct Expected {
  std::vector<double> values;
  std::vector<double> tolerances;
};

/// Columns of B, of which every checked row of C needs the same.
template <typename T>
class Reference {
 public:
  Reference(DataPattern pattern, const Problem& problem, const std::vector<std::int64_t>& columns,
            LayoutOfB layout, const Times& times = {})
      : pattern_(pattern), k_(problem.at("k")), columns_(columns.size()) {
    const std::int64_t n = problem.at("n");
    for (std::int64_t p = 0; p < k_; ++p) {
      const double added = times.empty() ? 1 : times[static_cast<std::size_t>(p)];
      if (added == 0) continue;
      terms_.push_back({p, added});
      additions_ += added;
      for (const std::int64_t column : columns) {
        const bool by_rows = layout == LayoutOfB::row_major;
        b_.push_back(operand(kSeedB, by_rows ? p * n + column : column * k_ + p));
      }
    }
  }

  [[nodiscard]] Expected row(std::int64_t row) const {
    std::vector<double> sums(columns_);
    std::vector<double> tolerances(columns_);  // of squares, until all are summed
    const double* b = b_.data();
    for (const Term& term : terms_) {
      const double a = operand(kSeedA, row * k_ + term.p) * term.times;
      for (std::size_t j = 0; j < columns_; ++j) {
        const double product = a * b[j];
        sums[j] += product;
        tolerances[j] += product * product;
      }
      b += columns_;
    }
    const bool repeats = additions_ > static_cast<double>(terms_.size());
    for (std::size_t j = 0; j < columns_; ++j) {
      const double norm = std::sqrt(tolerances[j]);
      tolerances[j] = repeats ? repeated_tolerance<T>(sums[j], norm, additions_)
                              : tolerance<T>(sums[j], norm, k_);
    }
    return {std::move(sums), std::move(tolerances)};
  }

 private:
  struct Term {
    std::int64_t p;
    double times;
  };

  [[nodiscard]] double operand(std::uint64_t seed, std::int64_t index) const {
    return OperandOf<T>::rounded(element(pattern_, seed, static_cast<std::uint64_t>(index)));
  }

  DataPattern pattern_;
  std::int64_t k_;
  std::size_t columns_;
  std::vector<Term> terms_;
  double additions_ = 0;
  std::vector<double> b_;  // terms x columns
};

/// Compares a row-major C with the reference: every element of a small C; otherwise the crossings
/// of sampled rows and columns, which hit every aligned 64 x 64 tile, all edges and, where there
/// are enough tiles, every place in a tile. `row_of(row)` reads one row of C, as Result<T>.
template <typename T, typename RowOf>
std::optional<std::string> check(DataPattern pattern, const Problem& problem, const RowOf& row_of,
                                 LayoutOfB layout = LayoutOfB::row_major, const Times& times = {}) {
  const std::int64_t spacing = check_spacing(problem);
  const std::vector<std::int64_t> columns = sampled(problem.at("n"), spacing);
  const Reference<T> reference(pattern, problem, columns, layout, times);
  for (const std::int64_t row : sampled(problem.at("m"), spacing)) {
    const Expected want = reference.row(row);
    const auto c = row_of(row);
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const double got = value_of(c[static_cast<std::size_t>(columns[j])]);
      if (std::abs(got - want.values[j]) <= want.tolerances[j]) continue;
      return "C(" + std::to_string(row) + ", " + std::to_string(columns[j]) + ") is " +
             std::to_string(got) + ", not " + std::to_string(want.values[j]) + " within " +
             std::to_string(want.tolerances[j]);
    }
  }
  return std::nullopt;
}

}  // namespace derate::gemm
