// SPDX-License-Identifier: Apache-2.0
// The models of matrix products in a calibration's file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_fields.h"
#include "derate/calibration.h"

namespace derate {

[[nodiscard]] json::Json json_of(const CalibratedGemm& gemm);

/// Of the file's list, which `where` names. Throws Error(invalid_input) for whatever no model has.
[[nodiscard]] std::vector<CalibratedGemm> calibrated_gemms_from(const json::Json& list,
                                                                std::int64_t schema,
                                                                const std::string& where);

[[nodiscard]] json::Json calibrated_gemm_schema();
[[nodiscard]] std::string document_calibrated_gemms();

}  // namespace derate
