// SPDX-License-Identifier: Apache-2.0
// What a comparison found, as gauges.
#include <array>
#include <string>
#include <string_view>

#include "base/open_metrics.h"
#include "base/time_utc.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

struct Gauge {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
  double (*value)(const Judgement&);
};

constexpr std::array kGauges = {
    Gauge{"derate_base_time_seconds", "seconds", "Median time of one launch of the base.",
          [](const Judgement& j) { return j.base_s; }},
    Gauge{"derate_candidate_time_seconds", "seconds", "Median time of one launch of the candidate.",
          [](const Judgement& j) { return j.candidate_s; }},
    Gauge{"derate_change_ratio", "ratio",
          "Time of the candidate over that of the base, less 1: positive is slower.",
          [](const Judgement& j) { return j.change.value; }},
    Gauge{"derate_change_low_ratio", "ratio", "Lower end of the 95 % interval of the change.",
          [](const Judgement& j) { return j.change.interval.low; }},
    Gauge{"derate_change_high_ratio", "ratio", "Upper end of the 95 % interval of the change.",
          [](const Judgement& j) { return j.change.interval.high; }},
    Gauge{"derate_detectable_ratio", "ratio", "Smallest slowdown that would have been found.",
          [](const Judgement& j) { return j.detectable; }}};

}  // namespace

std::string openmetrics(const Comparison& comparison) {
  const Environment& machine = comparison.environment;
  OpenMetrics out(metric_label("command", comparison.command) + "," +
                  metric_label("device", machine.value("device_name")) + "," +
                  metric_label("device_id", machine.value("device_id")));
  out.family("derate_benchmarks", "", "Benchmarks of the last comparison with each verdict.");
  for (const Verdict verdict : outputs::kVerdicts) {
    out.sample(metric_label("verdict", verdict_word(verdict)),
               static_cast<double>(count(comparison, verdict)));
  }
  out.family("derate_verdict", "", "1 for the verdict that a benchmark got.");
  for (const Judgement& each : comparison.judgements) {
    out.sample(metric_label("benchmark", each.benchmark) + "," +
                   metric_label("verdict", verdict_word(each.verdict)),
               1);
  }
  for (const Gauge& gauge : kGauges) {
    out.family(gauge.name, gauge.unit, gauge.help);
    for (const Judgement& each : comparison.judgements) {
      out.sample(metric_label("benchmark", each.benchmark), gauge.value(each));
    }
  }
  out.family("derate_last_run_timestamp_seconds", "seconds", "When the last comparison began.");
  out.sample("", unix_seconds(comparison.began_utc));
  out.family("derate_last_run_duration_seconds", "seconds", "How long its measurements took.");
  out.sample("", comparison.duration_s);
  return out.end();
}

}  // namespace derate
