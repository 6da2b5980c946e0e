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
    BenchmarkResult result;
    result.benchmark = name;
    result.problem = "n:8";
    result.time_s = time_s;
    result.clock_hz = 1e9;
    result.amount = 100;
    result.amount_unit = "FLOP";
    report.results.push_back(result);
  }
  return report;
}

}  // namespace derate
