// SPDX-License-Identifier: Apache-2.0
// The models of matrix products of a calibration.
#pragma once

#include <span>
#include <vector>

#include "derate/calibration.h"

namespace derate {

/// Of usable rows of one device, in their order.
[[nodiscard]] std::vector<CalibratedGemm> calibrate_gemms(std::span<const Row* const> rows);

}  // namespace derate
