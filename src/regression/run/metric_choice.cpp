// SPDX-License-Identifier: Apache-2.0
// An unsteady machine speaks for CPU time, and a benchmark that CPU time does not describe against
// it. How the sides differ has no say.
#include "regression/run/metric_choice.h"

#include <utility>

#include "regression/results/cpu_time.h"

namespace derate {

MetricChoice::MetricChoice(std::optional<Metric> wanted, RunFolder& store,
                           const std::function<MachineLoad()>& look)
    : store_(store) {
  if (wanted) {
    decision_.metric = *wanted;
    return;
  }
  if (store.metric()) {
    decision_ = *store.metric();
  } else if (const std::string unsteady = why_unsteady(look()); !unsteady.empty()) {
    decide({Metric::cpu_time, unsteady});
  } else {
    decide({Metric::real_time, "neither stolen time nor load speaks against it"});
  }
  kind_is_known_ = metric() == Metric::real_time;
}

MeasuredPair MetricChoice::judged(MeasuredPair pair) {
  for (const MeasuredProcess* const process : {&pair.base, &pair.candidate}) {
    const std::string why = kind_is_known_ ? "" : why_not_cpu_time({&process->report, 1});
    if (!why.empty()) decide({Metric::real_time, why});
  }
  kind_is_known_ = true;
  for (MeasuredProcess* const process : {&pair.base, &pair.candidate}) {
    process->report = in_metric(std::move(process->report), metric());
  }
  return pair;
}

std::string MetricChoice::sentence() const {
  return decision_.why.empty() ? "" : decision_.sentence();
}

void MetricChoice::decide(MetricDecision decision) {
  store_.decide(decision);
  decision_ = std::move(decision);
}

}  // namespace derate
