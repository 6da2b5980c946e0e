// SPDX-License-Identifier: Apache-2.0
// fma_chain: every lane advances independent chains x = x·a + b in registers, without memory. What
// it reaches is the ceiling of 2·N·C that code can see. Operands arrive at run time, and each chain
// starts from its own value, so that a compiler can neither fold nor merge chains.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::fma_chain {

inline constexpr std::uint64_t kSeed = 3;

// x goes to and fro between about 24 and about 0, and the fixed point b / (1 - a) = 12 is
// approached slowly: every step changes a value, after millions of them the values still differ
// from it and from each other, and none becomes infinite, denormal or zero. The product does not
// fit the format. On the way down b cancels its leading bits, and those beyond the format are what
// is left: a product that is rounded before the addition shows within three steps, in all chains of
// f32 and in more than 98 % of f64. With x about 1 and b a multiple of its last place (a = 1 -
// 2^-20, b = 2^-20) it would in one chain of thousands.
inline constexpr double kMultiplier = 0x1p-20 - 1.0;
inline constexpr double kAddend = 24;

/// `lanes` lanes hold `chains` chains each, and every chain makes `steps` steps. A lane makes one
/// multiply-add per instruction: it is an element of a CPU's vector, a thread of a GPU, or half or
/// a quarter of a thread where an instruction makes two or four of them.
inline Work work(const Problem& problem) {
  return {.flops = 2.0 * static_cast<double>(problem.at("lanes")) *
                   static_cast<double>(problem.at("chains")) *
                   static_cast<double>(problem.at("steps")),
          .bytes = 0};
}

inline std::string size_class(const Problem&) { return "any"; }

/// Start value of a chain, numbered over all lanes: about 0, for an even number of steps, so that
/// the last one is on the way down. With zeros all chains are the same.
inline double start(DataPattern pattern, std::int64_t chain) {
  return element(pattern, kSeed, static_cast<std::uint64_t>(chain));
}

/// The same for an odd number of steps: about 24.
inline double start_for_odd_steps(DataPattern pattern, std::int64_t chain) {
  return kAddend + start(pattern, chain);
}

/// What x becomes in `steps` steps, to the last bit: a fused multiply-add rounds correctly on every
/// device.
template <typename T>
T expected(T x, std::int64_t steps) {
  for (std::int64_t step = 0; step < steps; ++step) {
    x = std::fma(x, static_cast<T>(kMultiplier), static_cast<T>(kAddend));
  }
  return x;
}

}  // namespace derate::fma_chain
