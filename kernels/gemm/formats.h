// SPDX-License-Identifier: Apache-2.0
// The operand types of gemm: float, double and the formats of tensor units. Which type the result
// has, and how far one computed with such operands may lie from the exact one.
//
// Results are what programs get: bf16 and f16 products come back as bf16 and f16, fp8 as bf16, each
// rounded once from sums in f32; tf32 as f32, int8 as i32.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "derate/cuda/number_format.h"
#include "derate/work.h"

namespace derate::gemm {

using F16 = Number<Precision::f16>;
using Bf16 = Number<Precision::bf16>;
using Tf32 = Number<Precision::tf32>;
using E4m3 = Number<Precision::fp8>;
using S8 = Number<Precision::i8>;

/// What there is to know of an operand type. `rounded` gives the number that an operand holds in
/// place of a random one, which has 24 bits.
template <typename T>
struct OperandOf {
  static constexpr Precision kFormat = kPrecisionOf<T>;
  static constexpr Precision kSums = kFormat;
  static constexpr Units kUnits = Units::vector;
  using Result = T;
  static double rounded(double value) { return value; }
};

template <Precision kOperands, typename ResultType, Precision kSumFormat>
struct OperandOfTensorUnits {
  static constexpr Precision kFormat = kOperands;
  static constexpr Precision kSums = kSumFormat;
  static constexpr Units kUnits = Units::tensor;
  using Result = ResultType;
  static double rounded(double value) { return NumberFormat<kOperands>::rounded(value); }
};

template <>
struct OperandOf<F16> : OperandOfTensorUnits<Precision::f16, F16, Precision::f32> {};
template <>
struct OperandOf<Bf16> : OperandOfTensorUnits<Precision::bf16, Bf16, Precision::f32> {};
template <>
struct OperandOf<Tf32> : OperandOfTensorUnits<Precision::tf32, float, Precision::f32> {};
template <>
struct OperandOf<E4m3> : OperandOfTensorUnits<Precision::fp8, Bf16, Precision::f32> {};
template <>
struct OperandOf<S8> : OperandOfTensorUnits<Precision::i8, std::int32_t, Precision::i32> {};

template <typename T>
inline constexpr Precision kFormatOf = OperandOf<T>::kFormat;

template <typename T>
using Result = typename OperandOf<T>::Result;

inline double value_of(float result) { return result; }
inline double value_of(double result) { return result; }
inline double value_of(std::int32_t result) { return result; }
template <Precision kFormat>
double value_of(Number<kFormat> result) {
  return NumberFormat<kFormat>::value(result.bits);
}

/// Half the distance of the numbers around `value` in the result's format, where it is not that of
/// the sums.
template <typename ResultType>
double rounding_of(double value) {
  if constexpr (sizeof(ResultType) == 2) {
    using Format = NumberFormat<OperandOf<ResultType>::kFormat>;
    return Format::spacing(value) / 2;
  }
  return 0;
}

/// How far sums of `k` products may lie from the exact one on tensor units that add in f32, in
/// units of `norm`, the root of the sum of the squared products. Such units add a few products at
/// once: 4 for tf32, 8 for formats half as wide, 16 for fp8, or twice as many. They cut these, and
/// the sum so far, 24 binary places below the largest and what they add up to 23 places below its
/// leading bit, 13 and 13 for fp8 on Ada and Hopper (mma_chain/work.h has the source). The order of
/// a library and its splits of k are not known; this takes partial sums to be a random walk's,
/// which stays within 3·norm but for one in hundreds. What sums lose is of one sign and adds up;
/// what products lose is of either and grows as the root of k, here to four standard deviations.
inline double tensor_sum_error(Precision operands, double k) {
  constexpr double kLargestSum = 3;
  constexpr double kDeviations = 2.31;  // 4/√3, of what is spread over [-1, 1]
  const bool is_fp8 = operands == Precision::fp8;
  const double at_once = 16 / bytes_per_element(operands);
  const double cut_products = std::ldexp(1.0, is_fp8 ? -13 : -24);
  const double cut_sums = std::ldexp(1.0, is_fp8 ? -13 : -23);
  const double largest = std::min(std::sqrt(k), kLargestSum);
  const double of_sums = std::ceil(k / at_once) * (cut_products + cut_sums);
  return largest * (of_sums + kDeviations * std::sqrt(k) * cut_products);
}

/// How far one element of C, exactly `value`, may lie from it when computed with operands of type T
/// and sums in their accumulator; `norm` is ‖a∘b‖₂ of its k products. Integers are exact. On vector
/// units the rounding errors of k accumulations behave like a random walk over partial sums, which
/// are of the norm's size, or where the sum ends far out of the sum's: far below this bound, while
/// a product whose operands were cut to TF32 lies ten times above it.
template <typename T>
double tolerance(double value, double norm, std::int64_t k) {
  using Operand = OperandOf<T>;
  const auto products = static_cast<double>(k);
  if constexpr (Operand::kSums == Precision::i32) {
    return 0;
  } else if constexpr (Operand::kUnits == Units::vector) {
    const double largest = std::max(norm, std::abs(value));
    return 2 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::sqrt(products) *
           largest;
  } else {
    const double error = tensor_sum_error(Operand::kFormat, products) * norm;
    return error + rounding_of<Result<T>>(std::abs(value) + error);
  }
}

/// The same for `additions` of few products again and again, `norm` being that of the products
/// times how often each is added. Between two powers of two a sum loses the same each time that the
/// same product is added, so that what vector units lose adds up as well, to half a place of the
/// sum each time at the most.
template <typename T>
double repeated_tolerance(double value, double norm, double additions) {
  const double random = tolerance<T>(value, norm, static_cast<std::int64_t>(additions));
  if constexpr (OperandOf<T>::kUnits == Units::vector) {
    const double half_a_place = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    return std::max(random, half_a_place * additions * std::max(norm, std::abs(value)));
  }
  return random;
}

}  // namespace derate::gemm
