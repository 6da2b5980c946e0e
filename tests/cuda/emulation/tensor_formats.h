// SPDX-License-Identifier: Apache-2.0
// What hardware takes the bits of an operand for, by the definition of the number formats and apart
// from the code that makes these bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mma_chain/formats.h"
#include "mma_chain/scales.h"

namespace derate::mma_chain {

/// The number of a binary format with subnormals; infinities and NaNs do not occur.
inline double decoded(std::uint32_t bits, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto mantissa = static_cast<double>(bits & ((1u << mantissa_bits) - 1));
  const auto exponent = static_cast<int>(bits >> mantissa_bits & ((1u << exponent_bits) - 1));
  const double sign = bits >> (exponent_bits + mantissa_bits) != 0 ? -1 : 1;
  const double significand = std::ldexp(mantissa, -mantissa_bits) + (exponent == 0 ? 0 : 1);
  return sign * std::ldexp(significand, (exponent == 0 ? 1 : exponent) - bias);
}

inline double decoded(F16, std::uint32_t bits) { return decoded(bits, 5, 10); }
inline double decoded(Bf16, std::uint32_t bits) { return decoded(bits, 8, 7); }
/// The lower 13 bits do not count.
inline double decoded(Tf32, std::uint32_t bits) { return std::bit_cast<float>(bits >> 13 << 13); }
inline double decoded(E4m3, std::uint32_t bits) { return decoded(bits, 4, 3); }
inline double decoded(Nvfp4, std::uint32_t bits) { return decoded(bits, 2, 1); }
inline double decoded(S8, std::uint32_t bits) { return static_cast<std::int8_t>(bits); }

/// ue8m0, a biased exponent, and ue4m3, which is e4m3 without a sign.
inline double decoded_scale(Mxfp8, std::uint32_t byte) {
  return std::ldexp(1.0, static_cast<int>(byte) - 127);
}
inline double decoded_scale(Nvfp4, std::uint32_t byte) { return decoded(byte & 0x7Fu, 4, 3); }

/// The number of every pattern of bits, of formats of 16 bits and fewer.
template <typename T>
const double* decoded_numbers() {
  static const std::vector<double> table = [] {
    std::vector<double> numbers(std::size_t{1} << (32 / T::kPerRegister));
    for (std::uint32_t bits = 0; bits < numbers.size(); ++bits) numbers[bits] = decoded(T{}, bits);
    return numbers;
  }();
  return table.data();
}

/// Element `index` of those in a register.
template <typename T>
double element_in(std::uint32_t reg, int index) {
  if constexpr (T::kPerRegister == 1) {
    return decoded(T{}, reg);
  } else {
    constexpr int kBits = 32 / T::kPerRegister;
    return decoded_numbers<T>()[reg >> (kBits * index) & ((1u << kBits) - 1)];
  }
}
template <typename T>
double element_in(double reg, int) {
  return reg;
}

}  // namespace derate::mma_chain
