// SPDX-License-Identifier: Apache-2.0
// Gauges in the text that OpenMetrics 1.0 and Prometheus' format 0.0.4 have in common: UNIT and EOF
// lines are comments to the latter, and only gauges are declared, since it knows neither "info" nor
// "stateset".
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, safe_text::for_quotes(value));
}

class Exposition {
 public:
  /// Labels that every sample has, so that the files of several devices can lie side by side.
  explicit Exposition(const Comparison& comparison)
      : common_(label("command", comparison.command) + "," +
                label("device", comparison.environment.value("device_name")) + "," +
                label("device_id", comparison.environment.value("device_id"))) {}

  /// Begins a family; its name ends in its unit, where it has one.
  void family(std::string_view name, std::string_view unit, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# TYPE {} gauge\n", name);
    if (!unit.empty()) text_ += fmt::format("# UNIT {} {}\n", name, unit);
    text_ += fmt::format("# HELP {} {}\n", name, help);
  }

  /// Nothing for a value that is not known.
  void sample(const std::string& labels, double value) {
    if (!std::isfinite(value)) return;
    text_ += fmt::format("{}{{{}{}{}}} {:.12g}\n", name_, common_, labels.empty() ? "" : ",",
                         labels, value);
  }

  [[nodiscard]] std::string end() const { return text_ + "# EOF\n"; }

 private:
  std::string common_;
  std::string name_;
  std::string text_;
};

/// Of "2026-01-02T03:04:05Z", or with fractions; NaN for what is none.
double unix_seconds(const std::string& utc) {
  std::array<int, 5> at{};
  double second = 0;
  if (std::sscanf(utc.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf", &at[0], &at[1], &at[2], &at[3], &at[4],
                  &second) != 6) {
    return kUnknown;
  }
  const std::chrono::year_month_day day = {std::chrono::year(at[0]),
                                           std::chrono::month(static_cast<unsigned>(at[1])),
                                           std::chrono::day(static_cast<unsigned>(at[2]))};
  if (!day.ok()) return kUnknown;
  const std::chrono::sys_days days = day;
  return 86400.0 * static_cast<double>(days.time_since_epoch().count()) + 3600.0 * at[3] +
         60.0 * at[4] + second;
}

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
  Exposition out(comparison);
  out.family("derate_benchmarks", "", "Benchmarks of the last comparison with each verdict.");
  for (const Verdict verdict : outputs::kVerdicts) {
    out.sample(label("verdict", verdict_word(verdict)),
               static_cast<double>(count(comparison, verdict)));
  }
  out.family("derate_verdict", "", "1 for the verdict that a benchmark got.");
  for (const Judgement& each : comparison.judgements) {
    out.sample(
        label("benchmark", each.benchmark) + "," + label("verdict", verdict_word(each.verdict)), 1);
  }
  for (const Gauge& gauge : kGauges) {
    out.family(gauge.name, gauge.unit, gauge.help);
    for (const Judgement& each : comparison.judgements) {
      out.sample(label("benchmark", each.benchmark), gauge.value(each));
    }
  }
  out.family("derate_last_run_timestamp_seconds", "seconds", "When the last comparison began.");
  out.sample("", unix_seconds(comparison.began_utc));
  out.family("derate_last_run_duration_seconds", "seconds", "How long its measurements took.");
  out.sample("", comparison.duration_s);
  return out.end();
}

}  // namespace derate
