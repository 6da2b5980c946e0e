// SPDX-License-Identifier: Apache-2.0
// memory_copy, memory_triad, memory_sum, memory_fill: what memory delivers to work that does next
// to nothing else, by how many arrays it reads and writes. A bus loses time whenever it turns from
// reading to writing, so that the four differ, and vector_add (two read, one written) from all.
//   copy   c[i] = a[i]              1 read, 1 written
//   triad  c[i] = a[i] + s·b[i]     2 read, 1 written
//   sum    the sum of a's words     1 read
//   fill   c[i] = s                 1 written
// Where a store makes a cache read the line first, that is traffic too; it is not counted.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::memory {

enum class Stream { copy, triad, sum, fill };

inline constexpr std::uint64_t kSeedA = 1;
inline constexpr std::uint64_t kSeedB = 2;
/// A power of two: the product is exact, and a + s·b the same with one rounding and with two.
inline constexpr float kScale = 0.5F;
/// Elements of one sum. Each piece of the array has a sum of its own, so that none waits for
/// another, a launch can be repeated, and a part of a large array can be checked.
inline constexpr std::int64_t kPiece = 8192;

[[nodiscard]] constexpr int arrays_read(Stream stream) {
  return stream == Stream::triad ? 2 : stream == Stream::fill ? 0 : 1;
}

[[nodiscard]] inline std::string name_of(Stream stream) {
  switch (stream) {
    case Stream::copy:
      return "memory_copy";
    case Stream::triad:
      return "memory_triad";
    case Stream::sum:
      return "memory_sum";
    case Stream::fill:
      return "memory_fill";
  }
  return "";
}

/// Results of n elements: as many, or one for each piece.
[[nodiscard]] constexpr std::int64_t results(Stream stream, std::int64_t n) {
  return stream == Stream::sum ? (n + kPiece - 1) / kPiece : n;
}

/// A multiply-add counts as two operations.
[[nodiscard]] inline Work work(Stream stream, const Problem& problem) {
  const std::int64_t n = problem.at("n");
  const auto elements = static_cast<double>(arrays_read(stream) * n + results(stream, n));
  const int operations = stream == Stream::triad ? 2 : stream == Stream::sum ? 1 : 0;
  return {.flops = static_cast<double>(operations * n), .bytes = 4 * elements};
}

/// Sums are of the elements' bits as integers modulo 2^32: exact in any order of additions.
[[nodiscard]] constexpr Precision accumulator_of(Stream stream) {
  return stream == Stream::sum ? Precision::i32 : Precision::f32;
}

/// As vector_add's: "large" is beyond any cache.
[[nodiscard]] inline std::string size_class(const Problem& problem) {
  return problem.at("n") < (std::int64_t{1} << 24) ? "medium" : "large";
}

[[nodiscard]] constexpr float operand(DataPattern pattern, std::uint64_t seed, std::int64_t i) {
  return static_cast<float>(element(pattern, seed, static_cast<std::uint64_t>(i)));
}

[[nodiscard]] constexpr float fill_value(DataPattern pattern) {
  return pattern == DataPattern::zeros ? 0.0F : kScale;
}

/// c[i] to the last bit, of every stream but sum.
[[nodiscard]] constexpr float expected(Stream stream, DataPattern pattern, std::int64_t i) {
  if (stream == Stream::fill) return fill_value(pattern);
  const float a = operand(pattern, kSeedA, i);
  return stream == Stream::triad ? a + kScale * operand(pattern, kSeedB, i) : a;
}

/// The sum of one piece of n elements.
[[nodiscard]] constexpr std::uint32_t expected_sum(DataPattern pattern, std::int64_t n,
                                                   std::int64_t piece) {
  std::uint32_t sum = 0;
  for (std::int64_t i = piece * kPiece; i < std::min(n, (piece + 1) * kPiece); ++i) {
    sum += std::bit_cast<std::uint32_t>(operand(pattern, kSeedA, i));
  }
  return sum;
}

/// What is wrong with result `i`, given as its bits; empty when nothing is.
[[nodiscard]] inline std::string wrong(Stream stream, DataPattern pattern, std::int64_t n,
                                       std::int64_t i, std::uint32_t got) {
  const bool is_sum = stream == Stream::sum;
  const std::uint32_t want = is_sum ? expected_sum(pattern, n, i)
                                    : std::bit_cast<std::uint32_t>(expected(stream, pattern, i));
  if (got == want) return "";
  const auto text = [is_sum](std::uint32_t bits) {
    return is_sum ? std::to_string(bits) : std::to_string(std::bit_cast<float>(bits));
  };
  return (is_sum ? "sum " : "element ") + std::to_string(i) + " is " + text(got) + ", not " +
         text(want);
}

}  // namespace derate::memory
