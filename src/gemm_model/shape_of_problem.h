// SPDX-License-Identifier: Apache-2.0
// Matrix products as records name them: a problem's text as a shape, a precision as widths.
#pragma once

#include <string_view>

#include "derate/gemm_model.h"

namespace derate {

/// Of "m:512/n:512/k:512"; an extent that is not there is 0.
[[nodiscard]] GemmShape gemm_shape_of(std::string_view text);

/// Sets the bytes of operands and results as programs get them: products of fp8 come back as bf16,
/// those of 8-bit integers as 32-bit ones. False for a precision that this derate does not know.
bool set_gemm_widths(GemmPeaks& peaks, std::string_view name);

}  // namespace derate
