// SPDX-License-Identifier: Apache-2.0
// The work of one launch, counted once: precision, problem size, operations and bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace derate {

/// Number formats of operands and accumulators.
enum class Precision { f64, f32, tf32, f16, bf16, fp8, fp4, i32, i8, i64 };

/// What multiplies numbers of a format. Formats of the first two have rates
/// (src/hardware/rate.cpp).
enum class Arithmetic { matrix_products, vectors_only, none };

struct PrecisionFacts {
  Precision precision;
  std::string_view name;
  double bytes;  ///< of one number in memory; tf32 is stored as f32, fp4 in half a byte
  Arithmetic arithmetic;
  Precision product;  ///< that programs get matrix products in
};

/// The one list of precisions, in the order of the enum. A precision without an entry does not
/// compile (src/base/work.cpp), nor does one with an entry and without rates.
inline constexpr std::array kPrecisions = {
    PrecisionFacts{Precision::f64, "f64", 8, Arithmetic::matrix_products, Precision::f64},
    PrecisionFacts{Precision::f32, "f32", 4, Arithmetic::matrix_products, Precision::f32},
    PrecisionFacts{Precision::tf32, "tf32", 4, Arithmetic::matrix_products, Precision::tf32},
    PrecisionFacts{Precision::f16, "f16", 2, Arithmetic::matrix_products, Precision::f16},
    PrecisionFacts{Precision::bf16, "bf16", 2, Arithmetic::matrix_products, Precision::bf16},
    PrecisionFacts{Precision::fp8, "fp8", 1, Arithmetic::matrix_products, Precision::bf16},
    PrecisionFacts{Precision::fp4, "fp4", 0.5, Arithmetic::matrix_products, Precision::bf16},
    PrecisionFacts{Precision::i32, "i32", 4, Arithmetic::vectors_only, Precision::i32},
    PrecisionFacts{Precision::i8, "i8", 1, Arithmetic::matrix_products, Precision::i32},
    PrecisionFacts{Precision::i64, "i64", 8, Arithmetic::none, Precision::i64}};

[[nodiscard]] constexpr const PrecisionFacts& facts_of(Precision precision) {
  return kPrecisions[static_cast<std::size_t>(precision)];
}

[[nodiscard]] constexpr std::string_view to_string(Precision precision) {
  return facts_of(precision).name;
}

/// In memory.
[[nodiscard]] constexpr double bytes_per_element(Precision precision) {
  return facts_of(precision).bytes;
}

/// Empty for a name that is none.
[[nodiscard]] constexpr std::optional<Precision> parse_precision(std::string_view name) {
  for (const PrecisionFacts& facts : kPrecisions) {
    if (facts.name == name) return facts.precision;
  }
  return std::nullopt;
}

/// Names of the formats that matrix products take, in the order of the list.
[[nodiscard]] std::vector<std::string> product_precision_names();

/// The format of a C++ type: double or float.
template <typename T>
inline constexpr Precision kPrecisionOf = sizeof(T) == 8 ? Precision::f64 : Precision::f32;

/// Which execution units do the arithmetic; they have peaks of their own.
enum class Units { vector, tensor };

[[nodiscard]] constexpr std::string_view to_string(Units units) {
  return units == Units::tensor ? "tensor" : "vector";
}

/// What bounds a workload, and with it what its figure is and which peak it is held against.
enum class Bound {
  compute,         ///< FLOP/s, against 2·N·C
  memory,          ///< B/s, against the memory's bandwidth
  cache,           ///< B/s of a cache, of which no peak is known
  link,            ///< B/s to or from the host, against what the link carries one way
  link_both_ways,  ///< B/s to and from the host at once, against twice that
  link_to_peer,    ///< B/s to another device, over a link of which no peak is known
  latency          ///< the time of one step, where each waits for the one before; there is no peak
};

inline constexpr std::array<std::string_view, 7> kBoundNames = {
    "compute", "memory", "cache", "link", "link_both_ways", "link_to_peer", "latency"};

[[nodiscard]] constexpr std::string_view to_string(Bound bound) {
  return kBoundNames[static_cast<std::size_t>(bound)];
}

/// Whether the device's own clock paces such work. Memory and links have theirs: their peak is the
/// bandwidth itself.
[[nodiscard]] constexpr bool follows_the_clock(Bound bound) {
  return bound == Bound::compute || bound == Bound::cache || bound == Bound::latency;
}

/// Empty for a word that is none of the above.
[[nodiscard]] constexpr std::optional<Bound> parse_bound(std::string_view word) {
  for (std::size_t i = 0; i < kBoundNames.size(); ++i) {
    if (kBoundNames[i] == word) return static_cast<Bound>(i);
  }
  return std::nullopt;
}

/// Work of one launch. `flops` counts a fused multiply-add as two operations; `bytes` is the
/// traffic that the algorithm cannot avoid, each operand read or written once; `steps` are those of
/// a chain in which each waits for the one before, such as the loads of a pointer chase.
struct Work {
  double flops = 0;
  double bytes = 0;
  double steps = 0;

  [[nodiscard]] double amount(Bound bound) const {
    if (bound == Bound::latency) return steps;
    return bound == Bound::compute ? flops : bytes;
  }
};

/// A problem size: named extents in a fixed order, such as m, n, k.
class Problem {
 public:
  Problem(std::initializer_list<std::pair<std::string, std::int64_t>> extents)
      : extents_(extents) {}

  /// Of "m:512/n:512/k:512", the form used in benchmark names and records, or with commas between
  /// the extents, each a whole number from 1 to `largest`. Empty for anything else; `reason`, if
  /// there is one, then names what is wrong.
  [[nodiscard]] static std::optional<Problem> parse(
      std::string_view text, std::string* reason = nullptr,
      std::int64_t largest = std::numeric_limits<std::int64_t>::max());

  [[nodiscard]] const std::vector<std::pair<std::string, std::int64_t>>& extents() const {
    return extents_;
  }

  /// The extent called `name`, or nothing.
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view name) const;

  /// The extent called `name`; throws std::out_of_range when the problem has none.
  [[nodiscard]] std::int64_t at(std::string_view name) const;

  /// "m:512/n:512/k:512".
  [[nodiscard]] std::string str() const;

 private:
  Problem() = default;

  std::vector<std::pair<std::string, std::int64_t>> extents_;
};

}  // namespace derate
