// SPDX-License-Identifier: Apache-2.0
// What tensor instructions of each operand format take and give.
#pragma once

#include <cstdint>

#include "derate/cuda/number_format.h"
#include "derate/work.h"

namespace derate::mma_chain {

/// What the tensor instructions of one operand format have in common. A step multiplies a tile of
/// A, `kDepth` elements deep, by a tile of B and adds the product to a tile of sums. A `Register`
/// holds `kPerRegister` neighbouring elements, the first in its lowest bits. `kAlignmentBits` and
/// `kSumBits` say how a step rounds (work.h).
template <Precision kFormat>
struct SummedInF32 : NumberFormat<kFormat> {
  static constexpr Precision kOperands = kFormat;
  static constexpr Precision kAccumulator = Precision::f32;
  static constexpr int kAlignmentBits = 24;
  static constexpr int kSumBits = 23;
  using Register = std::uint32_t;
  using Sum = float;
};

struct F16 : SummedInF32<Precision::f16> {
  static constexpr int kDepth = 16;
  static constexpr int kPerRegister = 2;
};

struct Bf16 : SummedInF32<Precision::bf16> {
  static constexpr int kDepth = 16;
  static constexpr int kPerRegister = 2;
};

struct Tf32 : SummedInF32<Precision::tf32> {
  static constexpr int kDepth = 8;
  static constexpr int kPerRegister = 1;
};

struct E4m3 : SummedInF32<Precision::fp8> {
  static constexpr int kDepth = 32;
  static constexpr int kPerRegister = 4;
  static constexpr int kAlignmentBits = 13;
  static constexpr int kSumBits = 13;
};

/// Sums are exact.
struct S8 : NumberFormat<Precision::i8> {
  static constexpr Precision kOperands = Precision::i8;
  static constexpr Precision kAccumulator = Precision::i32;
  static constexpr int kDepth = 32;
  static constexpr int kPerRegister = 4;
  using Register = std::uint32_t;
  using Sum = std::int32_t;
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
