// SPDX-License-Identifier: Apache-2.0
// A calibration as a page with plots: its factors as rows of a report, and its models.
#pragma once

#include <string>

#include "derate/calibration.h"

namespace derate::page {

[[nodiscard]] std::string calibration_html(const Calibration& calibration);

}  // namespace derate::page
