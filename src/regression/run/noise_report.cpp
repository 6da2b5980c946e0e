// SPDX-License-Identifier: Apache-2.0
// Spread and lag-1 autocorrelation of the log ratios of pairs of one program against itself, the
// slowdown that the plan detects at that spread, and the pairs that its promise needs.
#include "regression/run/noise_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/standard_streams.h"
#include "base/table.h"
#include "base/units.h"
#include "derate/statistics.h"
#include "regression/gate/power.h"
#include "regression/gate/trimmed_t_test.h"

namespace derate {
namespace {

constexpr int kMostPairsNeeded = 200;
/// Of the upper limit of a spread: at most one row in a hundred is promised what is not there.
constexpr double kLimitConfidence = 0.99;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Sum of (x[i] - m)(x[i + lag] - m).
double lagged_sum(const std::vector<double>& values, std::size_t lag) {
  const double middle = mean(values);
  double sum = 0;
  for (std::size_t i = lag; i < values.size(); ++i) {
    sum += (values[i] - middle) * (values[i - lag] - middle);
  }
  return sum;
}

NoiseRow row_of(const PairedBenchmark& benchmark) {
  NoiseRow row;
  row.benchmark = benchmark.series.benchmark;
  std::vector<double> times;
  for (const TimePair& pair : benchmark.series.screen) {
    times.push_back(pair.base_s);
    times.push_back(pair.candidate_s);
  }
  row.time_s = median(times);
  row.wall_s = median(std::array{benchmark.base_wall_s, benchmark.candidate_wall_s});
  const std::vector<double> ratios = log_time_ratios(benchmark.series.screen);
  const double squares = lagged_sum(ratios, 0);
  const PairedTest test = paired_test(ratios);  // as the gate will see it
  row.pair_sd = test.sd;
  row.pair_sd_high = test.sd_at_most(kLimitConfidence);
  row.pairs = static_cast<std::int64_t>(ratios.size());
  row.lag_1 = squares > 0 ? lagged_sum(ratios, 1) / squares : 0;
  return row;
}

/// What the gate promises of each row, by the suspects that all of them imply.
void fill_promises(NoiseReport& report) {
  double suspects = 1;  // what has become slower
  double confirmed = 0;
  for (const NoiseRow& row : report.rows) {
    if (!row.fault.empty()) continue;
    const ScreenOdds odds = screen_odds(report.plan, row.pair_sd_high);
    suspects += odds.slower;
    confirmed += odds.confirmed;
  }
  report.suspects = static_cast<int>(std::ceil(suspects));
  if (!report.rows.empty()) {
    report.confirmed_share = confirmed / static_cast<double>(report.rows.size());
  }
  for (NoiseRow& row : report.rows) {
    if (!row.fault.empty()) continue;
    row.detectable = detectable_slowdown(report.plan, row.pair_sd_high, report.suspects);
    row.pairs_needed =
        pairs_needed(report.plan, row.pair_sd_high, kMostPairsNeeded, report.suspects);
  }
}

std::string needed(const NoiseRow& row) {
  if (!row.fault.empty()) return "–";
  return row.pairs_needed > 0 ? std::to_string(row.pairs_needed)
                              : fmt::format("more than {}", kMostPairsNeeded);
}

const std::array<Column<NoiseRow>, 11> kNoiseColumns = {{
    {"benchmark", "benchmark", "", [](const NoiseRow& row) -> Value { return row.benchmark; }},
    {"time_s", "time", "", [](const NoiseRow& row) -> Value { return row.time_s; },
     [](const NoiseRow& row) { return format_time(row.time_s); }},
    {"pair_sd", "sd of a pair", "", [](const NoiseRow& row) -> Value { return row.pair_sd; },
     [](const NoiseRow& row) { return format_percent(row.pair_sd, 2); }},
    {"pair_sd_high", "at most", "", [](const NoiseRow& row) -> Value { return row.pair_sd_high; },
     [](const NoiseRow& row) { return format_percent(row.pair_sd_high, 2); }},
    {"pairs", "", "", [](const NoiseRow& row) -> Value { return row.pairs; }},
    {"lag_1", "lag 1", "", [](const NoiseRow& row) -> Value { return row.lag_1; },
     [](const NoiseRow& row) {
       return std::isnan(row.lag_1) ? std::string("–") : fmt::format("{:+.2f}", row.lag_1);
     }},
    {"detectable", "found", "", [](const NoiseRow& row) -> Value { return row.detectable; },
     [](const NoiseRow& row) { return format_percent(row.detectable); }},
    {"pairs_needed", "pairs needed", "",
     [](const NoiseRow& row) -> Value {
       return row.pairs_needed > 0 ? static_cast<double>(row.pairs_needed) : kUnknown;
     },
     needed},
    {"wall_s", "", "", [](const NoiseRow& row) -> Value { return row.wall_s; },
     [](const NoiseRow& row) { return format_time(row.wall_s); }},
    {"fault", "", "", [](const NoiseRow& row) -> Value { return row.fault; }},
    {"note", "note", "", [](const NoiseRow& row) -> Value { return row.fault; }},
}};

constexpr std::array<std::string_view, 5> kNoiseLeastFirst = {"lag_1", "wall_s", "time_s",
                                                              "pair_sd", "pairs_needed"};

std::string_view& heading_of(std::vector<Column<NoiseRow>>& columns, std::string_view name) {
  return std::find_if(columns.begin(), columns.end(),
                      [&](const auto& each) { return each.name == name; })
      ->heading;
}

std::string minutes(double time_s) { return format_duration(std::max(1.0, std::round(time_s))); }

}  // namespace

bool NoiseReport::any_fault() const {
  return rows.empty() ||
         std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.fault.empty(); });
}

bool NoiseReport::holds() const {
  return !any_fault() && std::all_of(rows.begin(), rows.end(), [&](const NoiseRow& row) {
    return row.detectable <= plan.promise;
  });
}

std::string NoiseReport::conclusion() const {
  const double all = 2 * process_s;
  const double usual_s = all * (plan.screen_pairs + confirmed_share * plan.confirm_pairs);
  const double most_s = all * (plan.screen_pairs + plan.confirm_pairs);
  std::string time = minutes(usual_s);
  if (time != minutes(most_s))
    time += fmt::format(", and {} where all are suspect", minutes(most_s));
  std::vector<std::string> others;
  double worst = 0;
  std::int64_t fine = 0;
  for (const NoiseRow& row : rows) {
    if (!row.fault.empty()) continue;
    if (row.detectable <= plan.promise) {
      ++fine;
      worst = std::max(worst, row.detectable);
    } else if (row.pairs_needed > 0) {
      others.push_back(
          fmt::format("{} needs {} pairs in stage 2", row.benchmark, row.pairs_needed));
    } else {
      others.push_back(
          fmt::format("{} is too noisy for it: {} is what would be found", row.benchmark,
                      std::isnan(row.detectable) ? "nothing" : format_percent(row.detectable)));
    }
  }
  std::string text = fine == 0
                         ? fmt::format("Here the gate cannot promise to find a slowdown of {:g} %",
                                       100 * plan.promise)
                         : fmt::format(
                               "Here the gate finds a slowdown of {} in {} of {} benchmarks with a "
                               "probability of {:g} %, in {}",
                               format_percent(worst), fine, rows.size(), 100 * plan.power, time);
  constexpr std::size_t kMostNamed = 3;  // the table has them all
  if (others.size() > kMostNamed + 1) {
    const std::size_t more = others.size() - kMostNamed;
    others.resize(kMostNamed);
    others.push_back(fmt::format("{} more likewise", more));
  }
  if (!others.empty()) {
    text += fmt::format(". For {:g} %, {}", 100 * plan.promise, fmt::join(others, "; "));
  }
  if (metric == Metric::cpu_time) text += fmt::format(". All this is {}", kCpuTimeNote);
  return text + ".";
}

NoiseReport noise_of(const Pairing& pairing, const GatePlan& plan, int pairs, double process_s) {
  NoiseReport report;
  report.plan = plan;
  report.pairs = pairs;
  report.process_s = process_s;
  for (const std::string& name : pairing.order) {
    for (const PairedBenchmark& benchmark : pairing.benchmarks) {
      if (benchmark.series.benchmark == name) report.rows.push_back(row_of(benchmark));
    }
    for (const Judgement& settled : pairing.settled) {
      if (settled.benchmark != name) continue;
      NoiseRow row;
      row.benchmark = name;
      row.fault = settled.reason;
      report.rows.push_back(std::move(row));
    }
  }
  fill_promises(report);
  return report;
}

void write_noise(const NoiseReport& report, Format format) {
  const bool for_people = format == Format::table || format == Format::markdown;
  std::vector<Column<NoiseRow>> columns(kNoiseColumns.begin(), kNoiseColumns.end());
  // People see the faults only where there is one; machines have them in a field of their own.
  const bool any = std::any_of(report.rows.begin(), report.rows.end(),
                               [](const NoiseRow& row) { return !row.fault.empty(); });
  if (!for_people || !any) columns.pop_back();
  if (report.metric == Metric::cpu_time) heading_of(columns, "wall_s") = "wall time";
  write<NoiseRow>(standard_output(), columns, report.rows, format, {kNoiseLeastFirst});
  const std::string conclusion = report.conclusion();
  if (for_people) {
    standard_output() << '\n';
    write_sentence(standard_output(), conclusion, format);
  } else {
    say("noise", conclusion);
  }
}

}  // namespace derate
