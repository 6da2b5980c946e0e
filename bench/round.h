// SPDX-License-Identifier: Apache-2.0
// One round: prepare, check, measure, check again, record.
#pragma once

#include <string>

#include "derate/backend.h"
#include "derate/measure.h"
#include "derate/record.h"
#include "derate/workload.h"

namespace derate::bench {

/// Runs `workload` on `problem` and fills the samples, outcome and message of `record`, which holds
/// the facts already. A wrong result or a refusing device is an outcome, not an exception; sets
/// `lost` when the device refuses everything from now on. Throws Interrupted.
void measure_round(const Workload& workload, const Problem& problem, Session& session,
                   const Plan& plan, Record& record, bool& lost);

}  // namespace derate::bench
