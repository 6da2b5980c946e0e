// SPDX-License-Identifier: Apache-2.0
// The instructions that fma_chain runs on a GPU, one struct each:
//
//   Value                  what a chain holds: a register or two
//   kLanes                 multiply-adds that one instruction makes of it
//   kMultiplier, kAddend   operands of every step
//   runs_on, kWhere        compute capabilities that have the instruction, as a rule and in words
//   multiply_add           the instruction
//   start                  the value that a chain starts from; chains are numbered over all threads
//   expected               the value after some steps, to the last bit
//
// The chains of a thread start from different values and stay different, and every step changes a
// value. In formats too narrow for a slow contraction a step is a permutation, whose value after
// millions of steps is known at once. Where its orbits are short, the check sees wrong values,
// merged chains and odd numbers of lost steps, but not all even ones: that none is lost is for the
// machine code and small problems to show.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "backend/cuda/arithmetic.h"
#include "fma_chain/work.h"

namespace derate::fma_chain {

/// FFMA and DFMA.
template <typename T>
struct Fma {
  using Value = T;
  static constexpr Precision kPrecision = kPrecisionOf<T>;
  static constexpr const char* kInstruction = sizeof(T) == 8 ? "DFMA" : "FFMA";
  static constexpr const char* kWhere = "every GPU has it";
  static constexpr int kLanes = 1;
  static constexpr Value kMultiplier = static_cast<T>(fma_chain::kMultiplier);
  static constexpr Value kAddend = static_cast<T>(fma_chain::kAddend);

  static bool runs_on(int) { return true; }
  __device__ static Value multiply_add(Value x, Value a, Value b) { return std::fma(x, a, b); }
  static Value start(DataPattern pattern, std::int64_t chain) {
    return static_cast<T>(start_for_odd_steps(pattern, chain));
  }
  static Value expected(Value x, std::int64_t steps) { return fma_chain::expected(x, steps); }
};

constexpr std::uint64_t packed(float low, float high) {
  return std::bit_cast<std::uint32_t>(low) |
         static_cast<std::uint64_t>(std::bit_cast<std::uint32_t>(high)) << 32;
}

/// FFMA2: two f32 that take the steps of FFMA.
struct Ffma2 {
  using Value = std::uint64_t;
  static constexpr Precision kPrecision = Precision::f32;
  static constexpr const char* kInstruction = "FFMA2";
  static constexpr const char* kWhere =
      "of all compute capabilities only 10.0 and 10.3 multiply pairs of f32 in one instruction";
  static constexpr int kLanes = 2;
  static constexpr Value kMultiplier = packed(Fma<float>::kMultiplier, Fma<float>::kMultiplier);
  static constexpr Value kAddend = packed(Fma<float>::kAddend, Fma<float>::kAddend);

  static bool runs_on(int capability) { return capability == 100 || capability == 103; }
  __device__ static Value multiply_add(Value x, Value a, Value b) {
    return cuda::fma_f32x2(x, a, b);
  }
  static Value start(DataPattern pattern, std::int64_t chain) {
    return packed(Fma<float>::start(pattern, 2 * chain), Fma<float>::start(pattern, 2 * chain + 1));
  }
  static Value expected(Value x, std::int64_t steps) {
    const auto low = std::bit_cast<float>(static_cast<std::uint32_t>(x));
    const auto high = std::bit_cast<float>(static_cast<std::uint32_t>(x >> 32));
    return packed(Fma<float>::expected(low, steps), Fma<float>::expected(high, steps));
  }
};

/// 24 random bits of an element; the same ones for all when the data are zeros.
inline std::uint32_t random_bits(DataPattern pattern, std::int64_t index) {
  return static_cast<std::uint32_t>((start(pattern, index) + 1) * 0x1p23);
}

constexpr std::uint32_t twice(std::uint32_t half) { return half | half << 16; }

/// Values of two packed numbers of 16 bits, with `kFraction` bits of fraction. A contraction would
/// stand still after a few steps, because rounding undoes them, so x goes to and fro in [1, 2):
/// with u the distance of numbers there, x·(u/2 - 1) + 3 rounds to 3 + u - x. That is another
/// number than x, and each bit of the multiplier is in use. Even numbers of lost steps go
/// unnoticed.
template <int kFraction>
struct Reflection {
  using Value = std::uint32_t;
  static constexpr int kLanes = 2;
  static constexpr Value kOne = ((1u << (14 - kFraction)) - 1) << kFraction;
  static constexpr Value kBelowOne = kOne - 1;  // 1 - u/2
  static constexpr Value kThree = kOne + (1u << kFraction) + (1u << (kFraction - 1));
  static constexpr Value kMultiplier = twice(0x8000 | kBelowOne);
  static constexpr Value kAddend = twice(kThree);

  /// Between 1.25 and 1.75. Sixteen neighbours differ in the last four bits: a thread's 8 chains.
  static Value start(DataPattern pattern, std::int64_t chain) {
    const auto half = [&](std::int64_t index) {
      const Value random = random_bits(pattern, index) >> (24 - (kFraction - 5));
      return kOne + (1u << (kFraction - 2)) + random * 16 + static_cast<Value>(index % 16);
    };
    return half(2 * chain) | half(2 * chain + 1) << 16;
  }

  /// In [1, 2) the bits of a number count its distances from 1, so that bits can be reflected.
  static Value expected(Value x, std::int64_t steps) {
    constexpr Value kSum = 2 * kOne + (1u << kFraction) + 1;
    return steps % 2 == 0 ? x : twice(kSum) - x;
  }
};

/// HFMA2 of f16; ptxas alternates it with HFMA2.MMA where both have a pipe of their own.
struct Hfma2 : Reflection<10> {
  static constexpr Precision kPrecision = Precision::f16;
  static constexpr const char* kInstruction = "HFMA2";
  static constexpr const char* kWhere = "compute capability 6.0 and later have it";

  static bool runs_on(int capability) { return capability >= 60; }
  __device__ static Value multiply_add(Value x, Value a, Value b) {
    return cuda::fma_f16x2(x, a, b);
  }
};

/// HFMA2 of bf16.
struct Hfma2Bf16 : Reflection<7> {
  static constexpr Precision kPrecision = Precision::bf16;
  static constexpr const char* kInstruction = "HFMA2.BF16";
  static constexpr const char* kWhere = "compute capability 8.0 and later have it";

  static bool runs_on(int capability) { return capability >= 80; }
  __device__ static Value multiply_add(Value x, Value a, Value b) {
    return cuda::fma_bf16x2(x, a, b);
  }
};

/// IMAD. A congruential generator modulo 2^32 that runs through all values before it repeats one,
/// because the addend is odd and the multiplier 1 modulo 4 (Knuth, TAOCP 2, theorem 3.2.1.2 A); the
/// constants are those of Numerical Recipes.
struct Imad {
  using Value = std::uint32_t;
  static constexpr Precision kPrecision = Precision::i32;
  static constexpr const char* kInstruction = "IMAD";
  static constexpr const char* kWhere = "compute capability 7.0 and later have it";
  static constexpr int kLanes = 1;
  static constexpr Value kMultiplier = 1664525;
  static constexpr Value kAddend = 1013904223;

  static bool runs_on(int capability) { return capability >= 70; }
  __device__ static Value multiply_add(Value x, Value a, Value b) { return x * a + b; }
  static Value start(DataPattern pattern, std::int64_t chain) {
    return random_bits(pattern, chain) << 8 | static_cast<Value>(chain % 256);
  }

  /// Two steps are one with another multiplier and addend, and so are 4, 8, 16, ...
  static Value expected(Value x, std::int64_t steps) {
    Value a = kMultiplier;
    Value b = kAddend;
    for (; steps > 0; steps /= 2) {
      if (steps % 2 != 0) x = x * a + b;
      b = a * b + b;
      a = a * a;
    }
    return x;
  }
};

constexpr std::uint32_t packed(int byte3, int byte2, int byte1, int byte0) {
  const auto at = [](int byte, int shift) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(byte)) << shift;
  };
  return at(byte3, 24) | at(byte2, 16) | at(byte1, 8) | at(byte0, 0);
}

/// DP4A: b + the sum of four products of signed bytes. x is one of the factors, so that no product
/// stays the same from step to step. The two upper bytes of x are constant. Its lowest byte l
/// counts -128 times and the 7 bits h above it once, so that in the new x h is below and 127 - l,
/// which is l with seven bits flipped, above it: 15 bits are rotated, and seven of them flipped.
/// With that, the number of ones turns from even to odd or back, so that no value stays and no odd
/// number of lost steps goes unnoticed; after 30 steps or a divisor of 30 a value comes back.
struct Dp4a {
  using Value = std::uint32_t;
  static constexpr Precision kPrecision = Precision::i8;
  static constexpr const char* kInstruction = "DP4A";
  static constexpr const char* kWhere = "compute capability 6.1 and later have it";
  static constexpr int kLanes = 4;
  static constexpr Value kUpper = packed(-86, 53, 0, 0);
  static constexpr Value kMultiplier = packed(-91, 77, 1, -128);
  static constexpr Value kAddend = kUpper + 127 * 128 - (-86 * -91 + 53 * 77);

  static bool runs_on(int capability) { return capability >= 61; }
  __device__ static Value multiply_add(Value x, Value a, Value b) { return cuda::dp4a(x, a, b); }
  static Value start(DataPattern pattern, std::int64_t chain) {
    return kUpper | random_bits(pattern, chain) >> 12 << 3 | static_cast<Value>(chain % 8);
  }
  static Value expected(Value x, std::int64_t steps) {
    for (std::int64_t step = 0; step < steps % 30; ++step) {
      x = kUpper | ((x & 0xFF) ^ 0x7F) << 7 | (x >> 8 & 0x7F);
    }
    return x;
  }
};

}  // namespace derate::fma_chain
