// SPDX-License-Identifier: Apache-2.0
// An estimate of a training for people: how R comes about, times, communication, memory, and what
// was assumed.
#pragma once

#include <ostream>

#include "estimate/estimate.h"

namespace derate {

void write_training(std::ostream& out, const TrainingEstimate& estimate);

/// "1.176e13": as plans are reckoned.
[[nodiscard]] std::string format_power_of_ten(double value);

}  // namespace derate
