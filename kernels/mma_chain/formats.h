// SPDX-License-Identifier: Apache-2.0
// Number formats of tensor units: rounding an operand value to one, and its bits. Written out, so
// that the host's part of mma_chain needs no CUDA header and can be tested anywhere.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "derate/work.h"

namespace derate::mma_chain {

/// A binary format with sign, biased exponent, mantissa and subnormals, as IEEE 754 has them. Its
/// infinities and NaNs are never needed: operands lie in [-1, 1].
template <int kExponentBits, int kMantissaBits>
struct FloatFormat {
  static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;

  /// Distance of the numbers of this format around `value`.
  static double spacing(double value) {
    const int exponent = value == 0 ? 1 - kBias : std::max(std::ilogb(value), 1 - kBias);
    return std::ldexp(1.0, exponent - kMantissaBits);
  }

  /// The nearest number of this format, the even one of two.
  static double rounded(double value) {
    const double step = spacing(value);
    return std::nearbyint(value / step) * step;  // exact but for the rounding: a power of two
  }

  /// The bits of a number of this format.
  static std::uint32_t bits(double number) {
    const double magnitude = std::abs(number);
    const double step = spacing(magnitude);
    // With its hidden bit, 2^kMantissaBits or more unless the number is subnormal; the hidden bit
    // carries into the exponent field, which is therefore one less before.
    const auto mantissa = static_cast<std::uint32_t>(magnitude / step);
    const auto exponent = static_cast<std::uint32_t>(std::ilogb(step) + kMantissaBits + kBias - 1);
    const std::uint32_t sign = std::signbit(number) ? 1 : 0;
    return (sign << (kExponentBits + kMantissaBits)) | ((exponent << kMantissaBits) + mantissa);
  }
};

/// What the tensor instructions of one operand format have in common. A step multiplies a tile of
/// A, `kDepth` elements deep, by a tile of B and adds the product to a tile of sums. A `Register`
/// holds `kPerRegister` neighbouring elements, the first in its lowest bits. `kAlignmentBits` and
/// `kSumBits` say how a step rounds (work.h).
template <Precision kFormat, typename Format>
struct SummedInF32 {
  static constexpr Precision kOperands = kFormat;
  static constexpr Precision kAccumulator = Precision::f32;
  static constexpr int kAlignmentBits = 24;
  static constexpr int kSumBits = 23;
  using Register = std::uint32_t;
  using Sum = float;
  static double rounded(double value) { return Format::rounded(value); }
  static std::uint32_t bits(double number) { return Format::bits(number); }
};

struct F16 : SummedInF32<Precision::f16, FloatFormat<5, 10>> {
  static constexpr int kDepth = 16;
  static constexpr int kPerRegister = 2;
};

struct Bf16 : SummedInF32<Precision::bf16, FloatFormat<8, 7>> {
  static constexpr int kDepth = 16;
  static constexpr int kPerRegister = 2;
};

/// 19 bits, at the top of the 32 of an f32.
struct Tf32 : SummedInF32<Precision::tf32, FloatFormat<8, 10>> {
  static constexpr int kDepth = 8;
  static constexpr int kPerRegister = 1;
  static std::uint32_t bits(double number) { return SummedInF32::bits(number) << 13; }
};

struct E4m3 : SummedInF32<Precision::fp8, FloatFormat<4, 3>> {
  static constexpr int kDepth = 32;
  static constexpr int kPerRegister = 4;
  static constexpr int kAlignmentBits = 13;
  static constexpr int kSumBits = 13;
};

/// [-1, 1) spread over all 256 integers. Sums are exact.
struct S8 {
  static constexpr Precision kOperands = Precision::i8;
  static constexpr Precision kAccumulator = Precision::i32;
  static constexpr int kDepth = 32;
  static constexpr int kPerRegister = 4;
  using Register = std::uint32_t;
  using Sum = std::int32_t;
  static double rounded(double value) { return std::floor(value * 128); }
  static std::uint32_t bits(double number) {
    return static_cast<std::uint8_t>(static_cast<std::int8_t>(number));
  }
};

/// Rounds to nearest after each multiply-add, by 2^-53 at most; so does the reference.
struct F64 {
  static constexpr Precision kOperands = Precision::f64;
  static constexpr Precision kAccumulator = Precision::f64;
  static constexpr int kDepth = 16;
  static constexpr int kPerRegister = 1;
  static constexpr int kAlignmentBits = 52;
  static constexpr int kSumBits = 52;
  using Register = double;
  using Sum = double;
  static double rounded(double value) { return value; }
};

}  // namespace derate::mma_chain
