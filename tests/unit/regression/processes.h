// SPDX-License-Identifier: Apache-2.0
// What a process said, made up.
#pragma once

#include <string>
#include <vector>

#include "regression/results/benchmark_result.h"

namespace derate {

/// A process in which each benchmark took `time_s`, on an environment that names its driver.
inline ProcessReport process(double time_s, const std::vector<std::string>& names = {"gemm"}) {
  ProcessReport report;
  report.environments.push_back({{{"driver_version", "1", true}, {"host_id", "h", false}}});
  for (const std::string& name : names) {
    Observation observation;
    observation.benchmark = name;
    observation.problem = "n:8";
    observation.time_s = time_s;
    observation.clock_hz = 1e9;
    observation.amount = 100;
    observation.amount_unit = "FLOP";
    report.observations.push_back(observation);
  }
  return report;
}

}  // namespace derate
