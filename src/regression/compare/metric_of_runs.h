// SPDX-License-Identifier: Apache-2.0
// What --metric auto takes for two runs that are over.
#pragma once

#include <span>

#include "regression/metric.h"
#include "regression/results/benchmark_result.h"

namespace derate {

/// CPU time where a process states that it began under a load that leaves no core free, and every
/// benchmark runs on one thread and is timed by it.
[[nodiscard]] MetricDecision metric_of_runs(std::span<const ProcessReport> base,
                                            std::span<const ProcessReport> candidate);

}  // namespace derate
