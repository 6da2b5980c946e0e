// SPDX-License-Identifier: Apache-2.0
// mma_chain: fma_chain's counterpart on tensor units. Every warp (mma.sync) or warpgroup (wgmma)
// adds the products of the same tiles to its sums, step after step, without global memory. What it
// reaches is the ceiling of 2·N·C that tensor code can see.
//
// Sums must stay checkable. Tensor units do not round as IEEE 754 has it: within a step they align
// all products and the sum so far to the largest of them, cut each off, add, and cut the result
// off; over a hundred thousand steps that drifts by a per cent and more. So sums start again every
// kLoopsPerRound loops, after products 1,024 elements deep in mma.sync of f16 and 8,192 in wgmma,
// as a large matrix product has them, and after one loop in fp8. A result holds what was added
// since: kLastLoops loops or fewer for the suite's problems, so that a lost step shows, since
// tolerances are a small part of what one adds, and that a kernel which miscounts its loops shows
// as well.
//
// The tolerance follows from what a step does, to the bit, on Turing to Blackwell (Xie et al.,
// "MMA-Sim", arXiv 2511.10909):
// - each of the step's products, and the sum so far, is cut off kAlignmentBits binary places below
//   the leading bit of the largest: 24 (25 from Hopper on), but 13 for fp8 on Ada and Hopper;
// - what they add up to is cut off kSumBits places below its leading bit: 23, but 13 for fp8 there;
// - a step of `depth` products is one such sum or two of half the depth.
// With m the largest of |sum before|, |sum between|, |sum after| and |product|, a step errs by at
// most ((depth + 2)·2^-kAlignmentBits + 2·2^-kSumBits)·m. f64 rounds each multiply-add, which the
// same bound covers; int8 is exact.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::mma_chain {

inline constexpr std::uint64_t kSeedA = 6;
inline constexpr std::uint64_t kSeedB = 7;
inline constexpr std::uint64_t kSeedStart = 8;

inline std::string size_class(const Problem&) { return "any"; }

/// Element `index` of A or B as the tensor units get it: in T's format, with all its bits in use.
template <typename T>
double operand(DataPattern pattern, std::uint64_t seed, std::int64_t index) {
  return T::rounded(element(pattern, seed, static_cast<std::uint64_t>(index)));
}

/// The sum that a chain starts from. It differs from chain to chain with any data, or else zeros
/// would leave a compiler with chains that are alike, and a check with nothing but zeros. For fp8
/// it has no more bits than Ada's tensor units keep of a sum, even when they add zeros to it.
template <typename T>
typename T::Sum start(std::int64_t chain) {
  constexpr bool kInteger = std::is_same_v<typename T::Sum, std::int32_t>;
  constexpr bool kFewBits = T::kOperands == Precision::fp8;
  const double value = uniform_element(kSeedStart, static_cast<std::uint64_t>(chain));
  return static_cast<typename T::Sum>(kInteger   ? std::floor(value * 0x1p20)
                                      : kFewBits ? std::floor(value * 0x1p12) * 0x1p-12
                                                 : value);
}

/// What one step adds to one element of the sums, and a bound of |product| and of every sum of
/// products from the first on.
struct Increment {
  double sum = 0;
  double reach = 0;

  void add(double product) {
    sum += product;
    reach = std::max({reach, std::abs(product), std::abs(sum)});
  }
};

struct Expected {
  double value = 0;
  double tolerance = 0;
};

/// `value` after `steps` steps, which take the increments in turn, from the first on.
template <typename T, std::size_t kIncrements>
Expected accumulated(double value, const std::array<Increment, kIncrements>& increments,
                     std::int64_t steps) {
  constexpr bool kExact = std::is_same_v<typename T::Sum, std::int32_t>;
  double unit = 0;
  if constexpr (!kExact) {
    unit =
        (T::kDepth + 2) * std::ldexp(1.0, -T::kAlignmentBits) + 2 * std::ldexp(1.0, -T::kSumBits);
  }
  Expected expected{value, 0};
  for (std::int64_t step = 0; step < steps; ++step) {
    const Increment& increment = increments[static_cast<std::size_t>(step) % kIncrements];
    // Zeros add nothing and take nothing away.
    const double largest = std::abs(expected.value) + expected.tolerance + increment.reach;
    if (increment.reach > 0) expected.tolerance += unit * largest;
    expected.value += increment.sum;
  }
  return expected;
}

/// How many of `loops` loops a result holds where sums start again every `per_round`.
constexpr std::int64_t loops_in_result(std::int64_t loops, std::int64_t per_round) {
  return loops == 0 ? 0 : (loops - 1) % per_round + 1;
}

/// Close to `wanted` loops: at least one whole round, and kLastLoops of another.
inline constexpr std::int64_t kLastLoops = 3;
constexpr std::int64_t ragged_loops(double wanted, std::int64_t per_round) {
  const auto rounds = std::max<std::int64_t>(1, static_cast<std::int64_t>(wanted) / per_round);
  return rounds * per_round + std::min(per_round, kLastLoops);
}

/// A warp or warpgroup out of `count`, for sample `sample` of `samples`: spread from first to last.
constexpr std::int64_t spread(std::int64_t sample, std::int64_t samples, std::int64_t count) {
  return samples <= 1 ? 0 : sample * (count - 1) / (samples - 1);
}

/// False for a NaN as well.
template <typename Sum>
bool is_right(Sum got, const Expected& want) {
  return std::abs(static_cast<double>(got) - want.value) <= want.tolerance;
}

/// "sum 3 in lane 7 of warp 0 is 1.5, not 1 within 0.25".
template <typename Sum>
std::string wrong(std::int64_t sum, const char* thread_is, std::int64_t thread,
                  const char* group_is, std::int64_t group, Sum got, const Expected& want) {
  return "sum " + std::to_string(sum) + " in " + thread_is + " " + std::to_string(thread) + " of " +
         group_is + " " + std::to_string(group) + " is " + std::to_string(got) + ", not " +
         std::to_string(want.value) + " within " + std::to_string(want.tolerance);
}

}  // namespace derate::mma_chain
