// SPDX-License-Identifier: Apache-2.0
// The surface that a GEMM model predicts, as sections through it.
#pragma once

#include "base/json.h"
#include "derate/calibration.h"

namespace derate::page {

/// Predicted η over m = n, a line for each of some k, within the range of the calibrated shapes;
/// and the measured shapes.
[[nodiscard]] nlohmann::ordered_json gemm_sections(const CalibratedGemm& gemm);

}  // namespace derate::page
