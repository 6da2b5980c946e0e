// SPDX-License-Identifier: Apache-2.0
// f16 and bf16 by their bits, and their fused multiply-add, for a CPU that need not have either.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace derate::emulation {

/// A format of 16 bits, of which `kFraction` hold the fraction: 10 for f16, 7 for bf16.
template <int kFraction>
struct SmallFloat {
  static constexpr int kBias = (1 << (14 - kFraction)) - 1;
  static constexpr int kSmallestExponent = 1 - kBias;  // of normal numbers
  static constexpr std::uint32_t kInfinity = ((2u << (14 - kFraction)) - 1) << kFraction;

  [[nodiscard]] static double decode(std::uint32_t bits) {
    const std::uint32_t fraction = bits & ((1u << kFraction) - 1);
    const auto exponent = static_cast<int>((bits & kInfinity) >> kFraction);
    double value = std::ldexp(fraction, kSmallestExponent - kFraction);
    if ((bits & kInfinity) == kInfinity) {
      value = fraction == 0 ? HUGE_VAL : std::nan("");
    } else if (exponent != 0) {
      value = std::ldexp(fraction + (1u << kFraction), exponent - kBias - kFraction);
    }
    return (bits & 0x8000) != 0 ? -value : value;
  }

  /// decode() of all patterns.
  [[nodiscard]] static const double* decoded_numbers() {
    static const std::vector<double> table = [] {
      std::vector<double> numbers(65536);
      for (std::uint32_t bits = 0; bits < 65536; ++bits) numbers[bits] = decode(bits);
      return numbers;
    }();
    return table.data();
  }

  /// Rounds to the nearest, to even when two are as near.
  [[nodiscard]] static std::uint32_t encode(double value) {
    if (std::isnan(value)) return 0x7FFF;
    const std::uint32_t sign = std::signbit(value) ? 0x8000 : 0;
    const double magnitude = std::abs(value);
    if (std::isinf(value)) return sign | kInfinity;
    // Of a zero and a subnormal number it is less than any of this format.
    const auto exponent = static_cast<int>(std::bit_cast<std::uint64_t>(magnitude) >> 52) - 1023;
    const int scale = (exponent < kSmallestExponent ? kSmallestExponent : exponent) - kFraction;
    // In units of the last place; a normal number has its leading one at bit kFraction, and adding
    // it to the exponent field carries where rounding reaches the next power of two.
    if (exponent > kBias) return sign | kInfinity;
    const auto per_unit = std::bit_cast<double>(static_cast<std::uint64_t>(1023 - scale) << 52);
    const double units = std::nearbyint(magnitude * per_unit);
    const auto field = static_cast<std::uint32_t>(scale + kFraction - kSmallestExponent);
    return sign | ((field << kFraction) + static_cast<std::uint32_t>(units));
  }

  /// x·a + b, rounded once. The product is exact in double; the sum may not be, and rounding it
  /// twice could go wrong, so it is rounded to odd first: a last bit of one stands for all that is
  /// cut off (Boldo and Melquiond, Emulation of FMA, IEEE Transactions on Computers 57, 2008).
  [[nodiscard]] static std::uint32_t multiply_add(std::uint32_t x, std::uint32_t a,
                                                  std::uint32_t b) {
    const double* const number = decoded_numbers();
    const double product = number[x] * number[a];
    const double addend = number[b];
    double sum = product + addend;
    const double taken = sum - product;
    const double rest = (product - (sum - taken)) + (addend - taken);  // Knuth: exact
    if (std::isfinite(sum) && rest != 0 && std::bit_cast<std::uint64_t>(sum) % 2 == 0) {
      sum = std::nextafter(sum, rest > 0 ? HUGE_VAL : -HUGE_VAL);
    }
    return encode(sum);
  }

  /// Of two packed numbers, each for itself.
  [[nodiscard]] static std::uint32_t multiply_add_two(std::uint32_t x, std::uint32_t a,
                                                      std::uint32_t b) {
    return multiply_add(x & 0xFFFF, a & 0xFFFF, b & 0xFFFF) |
           multiply_add(x >> 16, a >> 16, b >> 16) << 16;
  }
};

using F16 = SmallFloat<10>;
using Bf16 = SmallFloat<7>;

}  // namespace derate::emulation
