// SPDX-License-Identifier: Apache-2.0
// What a model of matrix products can be made of.
#pragma once

#include <span>

#include "derate/gemm_model.h"

namespace derate {

/// Throws Error(invalid_input) for too few samples, and for one or a peak that is invalid.
void require_sane(std::span<const GemmSample> samples, const GemmPeaks& peaks);

/// The same, and for parameters that no fit gives: of data that come from elsewhere.
void require_sane(const GemmModelData& data);

}  // namespace derate
