// SPDX-License-Identifier: Apache-2.0
// Kinds of arithmetic of which there are peaks: units, operands and what these are accumulated in.
#pragma once

#include "derate/work.h"

namespace derate {

struct Kind {
  Units units;
  Precision operands;
  Precision accumulator;
};

inline constexpr Kind kF64{Units::vector, Precision::f64, Precision::f64};
inline constexpr Kind kDp4a{Units::vector, Precision::i8, Precision::i32};
inline constexpr Kind kTf32{Units::tensor, Precision::tf32, Precision::f32};
inline constexpr Kind kF16IntoF32{Units::tensor, Precision::f16, Precision::f32};
inline constexpr Kind kF16IntoF16{Units::tensor, Precision::f16, Precision::f16};
inline constexpr Kind kBf16{Units::tensor, Precision::bf16, Precision::f32};
inline constexpr Kind kFp8{Units::tensor, Precision::fp8, Precision::f32};
inline constexpr Kind kFp8IntoF16{Units::tensor, Precision::fp8, Precision::f16};
inline constexpr Kind kFp4{Units::tensor, Precision::fp4, Precision::f32};
inline constexpr Kind kInt8{Units::tensor, Precision::i8, Precision::i32};

}  // namespace derate
