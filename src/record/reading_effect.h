// SPDX-License-Identifier: Apache-2.0
// Whether reading the sensors meanwhile lengthens a sample.
#pragma once

#include "derate/record.h"
#include "derate/statistics.h"

namespace derate {

/// Median time of a record's samples during which a sensor was read ÷ that of the others; unknown
/// with fewer than five of either kind.
[[nodiscard]] Estimate reading_effect(const Record& record);

}  // namespace derate
