// SPDX-License-Identifier: Apache-2.0
// Number formats of tensor units: rounding an operand value to one, and its bits. Written out, so
// that host and device compute the very same bits, and plain C++, so that it can be tested
// anywhere.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "derate/work.h"

namespace derate {

/// A binary format with sign, biased exponent, mantissa and subnormals, as IEEE 754 has them.
template <int kExponentBits, int kMantissaBits>
struct FloatFormat {
  static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;

  /// Distance of the numbers of this format around `value`.
  static constexpr double spacing(double value) {
    return power_of_two(std::max(exponent_of(value), 1 - kBias) - kMantissaBits);
  }

  /// The nearest number of this format, the even one of two.
  static constexpr double rounded(double value) {
    // At this magnitude a double has no digit below the format's last, so that the addition rounds.
    const double magnitude = 0x1.8p52 * spacing(value);
    return (value + magnitude) - magnitude;
  }

  /// The bits of a number of this format that is neither infinite nor NaN.
  static constexpr std::uint32_t bits(double number) {
    const auto pattern = std::bit_cast<std::uint64_t>(number);
    const auto sign = static_cast<std::uint32_t>(pattern >> 63);
    const double magnitude = std::bit_cast<double>(pattern << 1 >> 1);
    const double step = spacing(magnitude);
    // With its hidden bit, 2^kMantissaBits or more unless the number is subnormal; the hidden bit
    // carries into the exponent field, which is therefore one less before.
    const auto mantissa = static_cast<std::uint32_t>(magnitude / step);
    const auto exponent = static_cast<std::uint32_t>(exponent_of(step) + kMantissaBits + kBias - 1);
    return (sign << (kExponentBits + kMantissaBits)) | ((exponent << kMantissaBits) + mantissa);
  }

  /// The number that `bits` stand for. Of e4m3 nothing is decoded: it has no infinities.
  static constexpr double value(std::uint32_t bits) {
    static_assert(kExponentBits > 4);
    constexpr std::uint32_t kLastExponent = (1u << kExponentBits) - 1;
    const std::uint32_t mantissa = bits & ((1u << kMantissaBits) - 1);
    const std::uint32_t exponent = bits >> kMantissaBits & kLastExponent;
    const bool negative = (bits >> (kExponentBits + kMantissaBits)) != 0;
    double magnitude = mantissa;
    if (exponent == kLastExponent) {
      magnitude = mantissa == 0 ? std::numeric_limits<double>::infinity()
                                : std::numeric_limits<double>::quiet_NaN();
    } else if (exponent == 0) {
      magnitude *= power_of_two(1 - kBias - kMantissaBits);
    } else {
      magnitude += 1 << kMantissaBits;
      magnitude *= power_of_two(static_cast<int>(exponent) - kBias - kMantissaBits);
    }
    return negative ? -magnitude : magnitude;
  }

 private:
  /// Of the leading bit; of zero something far below every format's.
  static constexpr int exponent_of(double value) {
    return static_cast<int>(std::bit_cast<std::uint64_t>(value) >> 52 & 0x7FF) - 1023;
  }
  static constexpr double power_of_two(int exponent) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
  }
};

/// How a format's numbers are rounded, and their `Bits` in memory.
template <Precision kFormat>
struct NumberFormat;

template <>
struct NumberFormat<Precision::f16> : FloatFormat<5, 10> {
  using Bits = std::uint16_t;
};

template <>
struct NumberFormat<Precision::bf16> : FloatFormat<8, 7> {
  using Bits = std::uint16_t;
};

/// 19 bits, at the top of the 32 of an f32.
template <>
struct NumberFormat<Precision::tf32> : FloatFormat<8, 10> {
  using Bits = std::uint32_t;
  static constexpr std::uint32_t bits(double number) { return FloatFormat::bits(number) << 13; }
};

/// e4m3.
template <>
struct NumberFormat<Precision::fp8> : FloatFormat<4, 3> {
  using Bits = std::uint8_t;
};

/// [-1, 1) spread over all 256 integers.
template <>
struct NumberFormat<Precision::i8> {
  using Bits = std::uint8_t;
  static constexpr double rounded(double value) {
    return static_cast<int>(value * 128 + 128) - 128;  // down: truncated where it is not negative
  }
  static constexpr std::uint32_t bits(double number) {
    return static_cast<std::uint8_t>(static_cast<std::int8_t>(number));
  }
};

/// A number in memory, for formats that C++ has no type for.
template <Precision kFormat>
struct Number {
  typename NumberFormat<kFormat>::Bits bits;
};

}  // namespace derate
