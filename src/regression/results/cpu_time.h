// SPDX-License-Identifier: Apache-2.0
// Results by CPU time in place of wall time, where they state it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "regression/metric.h"
#include "regression/results/benchmark_result.h"

namespace derate {

/// The report as `metric` has it. By CPU time a benchmark is called "NAME (cpu_time)", so that no
/// file, history or dashboard takes one for the other, and keeps its wall time in wall_s; one that
/// states no CPU time has failed. Throws Error(invalid_input) where none states any.
[[nodiscard]] ProcessReport in_metric(ProcessReport report, Metric metric);
[[nodiscard]] std::vector<ProcessReport> in_metric(std::vector<ProcessReport> reports,
                                                   Metric metric);

/// Why the CPU time of some benchmark is not all of its work, as "BM_x runs 4 threads"; empty where
/// every one runs on one thread, is timed by it and does not wait for nearly all of its time.
[[nodiscard]] std::string why_not_cpu_time(std::span<const ProcessReport> reports);

}  // namespace derate
