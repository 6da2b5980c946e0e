// SPDX-License-Identifier: Apache-2.0
// The words of the metrics.
#include "regression/metric.h"

#include <fmt/format.h>

namespace derate {

std::string_view to_string(Metric metric) {
  return metric == Metric::cpu_time ? "cpu_time" : "real_time";
}

std::optional<Metric> parse_metric(std::string_view word) {
  for (const Metric metric : {Metric::real_time, Metric::cpu_time}) {
    if (word == to_string(metric)) return metric;
  }
  return std::nullopt;
}

std::string MetricDecision::sentence() const {
  return fmt::format("--metric auto took {}: {}", to_string(metric), why);
}

}  // namespace derate
