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

// The fixed point b / (1 - a) = 1 is approached slowly: after millions of steps the values still
// differ from it and from each other, and none becomes infinite, denormal or zero.
inline constexpr double kMultiplier = 1.0 - 0x1p-20;
inline constexpr double kAddend = 0x1p-20;

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

/// Start value of a chain, numbered over all lanes. With zeros, all chains start at 0 but still
/// move towards 1.
inline double start(DataPattern pattern, std::int64_t chain) {
  return element(pattern, kSeed, static_cast<std::uint64_t>(chain));
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
