// SPDX-License-Identifier: Apache-2.0
// The load is that of Google Benchmark's context; nobody can look at the machine of then.
#include "regression/compare/metric_of_runs.h"

#include <charconv>
#include <string>
#include <string_view>

#include "base/machine_load.h"
#include "regression/results/cpu_time.h"

namespace derate {
namespace {

MachineLoad load_of(const ProcessReport& report) {
  MachineLoad load;
  load.load = report.load;
  if (report.environments.empty()) return load;
  const std::string_view cores = report.environments.front().value("num_cpus");
  std::from_chars(cores.data(), cores.data() + cores.size(), load.cores);
  return load;
}

}  // namespace

MetricDecision metric_of_runs(std::span<const ProcessReport> base,
                              std::span<const ProcessReport> candidate) {
  for (const auto side : {base, candidate}) {
    if (std::string why = why_not_cpu_time(side); !why.empty()) return {Metric::real_time, why};
  }
  for (const auto side : {base, candidate}) {
    for (const ProcessReport& report : side) {
      const std::string unsteady = why_unsteady(load_of(report));
      if (!unsteady.empty()) return {Metric::cpu_time, unsteady};
    }
  }
  return {Metric::real_time, "no process states a load that leaves no core free"};
}

}  // namespace derate
