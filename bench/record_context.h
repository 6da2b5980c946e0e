// SPDX-License-Identifier: Apache-2.0
// What a record holds before its round is measured: device, software, work and peak.
#pragma once

#include <string>

#include "derate/device.h"
#include "derate/record.h"
#include "derate/workload.h"
#include "measure/sampler.h"

namespace derate::bench {

/// A record with everything that is known before a measurement: device, software, work, peak.
[[nodiscard]] Record record_of(const Workload& workload, const Problem& problem,
                               const Device& device, const Plan& plan, const std::string& run);

/// The present time, RFC 3339 in UTC with milliseconds.
[[nodiscard]] std::string now_utc();

/// Of the present time and this process: what a run is called that its user gave no name.
[[nodiscard]] std::string default_run_name();

}  // namespace derate::bench
