// SPDX-License-Identifier: Apache-2.0
// What a unit of work costs in energy.
#pragma once

#include "derate/record.h"
#include "derate/statistics.h"

namespace derate {

/// J per FLOP, byte or step (amount_of) of a record, of the whole device; unknown where its counter
/// moved by no more than one step. The value and the upper end hold all that the device took,
/// pauses between samples included. The lower end is without the pauses, had they taken as much
/// power as the work. Both ends are further apart by the counter's step.
[[nodiscard]] Estimate energy_per_amount(const Record& record);

}  // namespace derate
