// SPDX-License-Identifier: Apache-2.0
// What the results of each kind of operation must be, computed in f64 from the operation's own
// inputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "transformer/row_ops.h"

namespace derate::transformer {

/// An array of rows; `pitch` floats lie between the beginnings of two.
struct Matrix {
  const float* data;
  std::int64_t pitch;
  bool is_transposed = false;

  [[nodiscard]] float at(std::int64_t row, std::int64_t column) const {
    return is_transposed ? data[column * pitch + row] : data[row * pitch + column];
  }
};

/// C = alpha·A·B with m x n results.
struct Product {
  std::int64_t m, n, k;
  float alpha;
  Matrix a;
  Matrix b;
  float* c;
  std::int64_t pitch_of_c;
};

/// Says which of some elements are not what the operation's own inputs make of them.
inline std::string wrong_product(const std::string& name, const Product& p) {
  constexpr std::int64_t kElements = 64;
  for (std::int64_t i = 0; i < kElements; ++i) {
    const std::int64_t row = i == 0 ? p.m - 1 : i * 7919 % p.m;
    const std::int64_t column = i == 0 ? p.n - 1 : i * 104729 % p.n;
    double want = 0;
    double size = 0;
    for (std::int64_t q = 0; q < p.k; ++q) {
      const double term = static_cast<double>(p.a.at(row, q)) * p.b.at(q, column);
      want += p.alpha * term;
      size += p.alpha * std::abs(term);
    }
    const double got = p.c[row * p.pitch_of_c + column];
    // Each of the additions rounds what is at most the sum of the sizes.
    if (std::abs(got - want) <= 0x1p-24 * static_cast<double>(p.k + 2) * size) continue;
    return name + "(" + std::to_string(row) + ", " + std::to_string(column) + ") is " +
           std::to_string(got) + ", not " + std::to_string(want);
  }
  return "";
}

/// The same of rows of numbers near 1, of which `want` computes one in f64.
inline std::string wrong_rows(const std::string& name, const float* from, const float* to,
                              std::int64_t rows, std::int64_t width,
                              const std::function<std::vector<double>(const float*)>& want) {
  constexpr double kTolerance = 1e-5;
  for (const std::int64_t row : {std::int64_t{0}, rows / 2, rows - 1}) {
    const std::vector<double> expected = want(from + row * width);
    for (std::int64_t i = 0; i < width; ++i) {
      const double value = expected[static_cast<std::size_t>(i)];
      const double got = to[row * width + i];
      if (std::abs(got - value) <= kTolerance * (1 + std::abs(value))) continue;
      return name + "(" + std::to_string(row) + ", " + std::to_string(i) + ") is " +
             std::to_string(got) + ", not " + std::to_string(value);
    }
  }
  return "";
}

inline std::vector<double> normed(const float* row, std::int64_t width) {
  double mean = 0;
  double variance = 0;
  for (std::int64_t i = 0; i < width; ++i) mean += row[i] / static_cast<double>(width);
  for (std::int64_t i = 0; i < width; ++i) {
    variance += (row[i] - mean) * (row[i] - mean) / static_cast<double>(width);
  }
  std::vector<double> result;
  for (std::int64_t i = 0; i < width; ++i) {
    result.push_back((row[i] - mean) / std::sqrt(variance + kNormEpsilon));
  }
  return result;
}

inline std::vector<double> probabilities(const float* row, std::int64_t width) {
  const double largest = *std::max_element(row, row + width);
  std::vector<double> result;
  double sum = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    result.push_back(std::exp(row[i] - largest));
    sum += result.back();
  }
  for (double& value : result) value /= sum;
  return result;
}

inline std::vector<double> activated(const float* row, std::int64_t width) {
  const double scale = std::sqrt(2 / std::acos(-1.0));
  std::vector<double> result;
  for (std::int64_t i = 0; i < width; ++i) {
    const double x = row[i];
    result.push_back(x / 2 * (1 + std::tanh(scale * (x + 0.044715 * x * x * x))));
  }
  return result;
}

}  // namespace derate::transformer
