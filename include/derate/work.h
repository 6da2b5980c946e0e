// SPDX-License-Identifier: Apache-2.0
// The work of one launch, counted once: precision, problem size, operations and bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace derate {

/// Number formats of operands and accumulators.
enum class Precision { f64, f32, tf32, f16, bf16, fp8, fp4, i32, i8, i64 };

[[nodiscard]] constexpr std::string_view to_string(Precision precision) {
  constexpr std::array<std::string_view, 10> kNames = {"f64", "f32", "tf32", "f16", "bf16",
                                                       "fp8", "fp4", "i32",  "i8",  "i64"};
  return kNames[static_cast<std::size_t>(precision)];
}

/// The format of a C++ type: double or float.
template <typename T>
inline constexpr Precision kPrecisionOf = sizeof(T) == 8 ? Precision::f64 : Precision::f32;

/// In memory; tf32 is stored as f32, fp4 in half a byte.
[[nodiscard]] constexpr double bytes_per_element(Precision precision) {
  constexpr std::array<double, 10> kBytes = {8, 4, 4, 2, 2, 1, 0.5, 4, 1, 8};
  return kBytes[static_cast<std::size_t>(precision)];
}

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

  /// The extent called `name`; throws std::out_of_range when the problem has none.
  [[nodiscard]] std::int64_t at(std::string_view name) const;

  /// "m:512/n:512/k:512", the form used in benchmark names and records.
  [[nodiscard]] std::string str() const;

 private:
  std::vector<std::pair<std::string, std::int64_t>> extents_;
};

}  // namespace derate
