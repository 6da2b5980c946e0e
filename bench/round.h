// SPDX-License-Identifier: Apache-2.0
// One round: prepare, check, measure, check again, record.
#pragma once

#include <functional>
#include <span>

#include "base/signals.h"
#include "derate/backend.h"
#include "derate/record.h"
#include "derate/workload.h"
#include "measure/sampler.h"

namespace derate::bench {

inline constexpr const char* kLost = "not run: the device was lost to an earlier failure";

/// A variant that is to be measured, and its record, which holds the facts already.
struct Participant {
  const Workload* workload;
  Record* record;
};

/// Measures the variants on `problem`, side by side where there are several, and fills the samples,
/// outcome and message of their records. A wrong result or a refusing device is an outcome, not an
/// exception, and leaves the others to be measured; sets `lost` when the device refuses everything
/// from now on. Throws Interrupted when `stop()` answers true between two samples.
void measure_round(std::span<const Participant> participants, const Problem& problem,
                   Session& session, const Plan& plan, bool& lost,
                   const std::function<bool()>& stop = SignalsNoted::received);

}  // namespace derate::bench
