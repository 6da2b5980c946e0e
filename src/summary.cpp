// SPDX-License-Identifier: Apache-2.0
#include "derate/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "derate/units.h"

namespace derate {
namespace {

double amount(const Record& record) {
  return record.bound == "memory" ? record.bytes : record.flops;
}

/// Specified clock, or the maximum where none is specified.
double reference_clock_hz(const Record& record) {
  if (record.bound == "memory") return 1;  // peak_per_clock is the bandwidth itself
  return std::isnan(record.clock_specified_hz) ? record.clock_maximum_hz
                                               : record.clock_specified_hz;
}

bool same_context(const Context& context, const Record& record) {
  return context.device_id == record.device_id && context.backend == record.backend &&
         context.device_index == record.device_index &&
         context.driver_version == record.driver_version &&
         context.runtime_version == record.runtime_version &&
         context.build_type == record.build_type && context.tool_commit == record.tool_commit &&
         context.compute_units == record.compute_units;
}

Context without_measurement(const Record& record) {
  Context context = record;
  for (std::string Record::*member :
       {&Record::workload, &Record::variant, &Record::provider, &Record::precision,
        &Record::problem, &Record::size_class, &Record::bound, &Record::data, &Record::cache,
        &Record::peak_source, &Record::library, &Record::outcome, &Record::message}) {
    (context.*member).clear();
  }
  context.samples_s.clear();
  context.clocks_hz.clear();
  return context;
}

/// Per-round ratios `numerator[i] / denominator[i]` with the rounds' own relative intervals.
Estimate combine_ratios(const std::vector<double>& numerator,
                        const std::vector<double>& denominator,
                        const std::vector<double>& half_widths) {
  std::vector<double> ratios;
  std::vector<Interval> within;
  for (std::size_t i = 0; i < numerator.size(); ++i) {
    const double ratio = numerator[i] / denominator[i];
    if (!(ratio > 0)) return {kUnknown, {kUnknown, kUnknown, 0}};
    ratios.push_back(ratio);
    within.push_back({ratio * (1 - half_widths[i]), ratio * (1 + half_widths[i]), 0.95});
  }
  return combine_rounds(ratios, within);
}

/// Few samples have no honest interval; a wide interval says that the figure may come out
/// otherwise.
void judge_stability(Row& row) {
  if (row.outcome != Outcome::passed) return;
  constexpr std::int64_t kFewest = 6;  // below this, order statistics cover less than 95 %
  const double half_width = row.achieved.interval.relative_half_width(row.achieved.value);
  if (row.samples >= kFewest && half_width <= kUnstableAbove) return;
  row.outcome = Outcome::unstable;
  row.message = row.samples < kFewest
                    ? fmt::format("only {} samples", row.samples)
                    : fmt::format("the 95 % interval is ±{} wide", format_percent(half_width));
}

}  // namespace

double measured_clock_hz(const Record& record) {
  std::vector<double> clocks = record.clocks_hz;
  std::erase_if(clocks, [](double clock_hz) { return !(clock_hz > 0); });
  return median(clocks);
}

bool above_peak(const Record& record) {
  if (record.samples_s.empty() || (record.bound == "memory" && record.cache == "hot")) return false;
  double clock_hz = reference_clock_hz(record);
  if (record.bound != "memory") {
    const double measured_hz = measured_clock_hz(record);
    clock_hz = !std::isnan(measured_hz)               ? measured_hz
               : !std::isnan(record.clock_maximum_hz) ? record.clock_maximum_hz
                                                      : record.clock_specified_hz;
  }
  const double peak = record.peak_per_clock * clock_hz;
  return amount(record) / median(record.samples_s) > kSuspectAbove * peak;  // false for NaN
}

/// Everything kept of the records of one row: a few numbers per round.
struct Summary::Group {
  Row row;
  double reference_clock_hz = kUnknown;
  std::vector<double> achieved;     // per second, one per round
  std::vector<double> half_widths;  // relative, of each round's own interval
  std::vector<double> clocks_hz;
  std::vector<double> spreads;
  Outcome worst = Outcome::passed;
};

Summary::Summary() = default;
Summary::~Summary() = default;

std::shared_ptr<const Context> Summary::context_of(const Record& record) {
  // The newest first: records of one run stand together.
  for (auto context = contexts_.rbegin(); context != contexts_.rend(); ++context) {
    if (same_context(**context, record)) return *context;
  }
  contexts_.push_back(std::make_shared<const Context>(without_measurement(record)));
  return contexts_.back();
}

void Summary::add(const Record& record) {
  const std::shared_ptr<const Context> context = context_of(record);
  std::string key = std::to_string(reinterpret_cast<std::uintptr_t>(context.get()));
  for (const std::string* part :
       {&record.workload, &record.variant, &record.provider, &record.precision, &record.problem,
        &record.data, &record.cache, &record.library}) {
    key += '\n';
    key += *part;
  }
  const auto [entry, is_new] = index_.try_emplace(std::move(key), groups_.size());
  if (is_new) {
    Group group;
    group.row = Row{.context = context,
                    .workload = record.workload,
                    .variant = record.variant,
                    .provider = record.provider,
                    .precision = record.precision,
                    .problem = record.problem,
                    .size_class = record.size_class,
                    .bound = record.bound,
                    .data = record.data,
                    .cache = record.cache,
                    .peak_per_clock = record.peak_per_clock,
                    .peak_source = record.peak_source,
                    .library = record.library};
    group.reference_clock_hz = reference_clock_hz(record);
    groups_.push_back(std::move(group));
  }
  Group& group = groups_[entry->second];
  Outcome outcome = parse_outcome(record.outcome);
  // Whether a row is stable is decided over its rounds, not by one of them.
  if (outcome == Outcome::unstable) outcome = Outcome::passed;
  if (outcome == Outcome::passed && above_peak(record)) outcome = Outcome::suspect;
  if (outcome > group.worst) {
    group.worst = outcome;
    group.row.message = record.message;
  }
  if (record.samples_s.empty()) return;
  const double time_s = median(record.samples_s);
  group.achieved.push_back(amount(record) / time_s);
  group.half_widths.push_back(median_interval(record.samples_s).relative_half_width(time_s));
  group.clocks_hz.push_back(measured_clock_hz(record));
  group.spreads.push_back(scaled_mad(record.samples_s) / time_s);
  group.row.samples += static_cast<std::int64_t>(record.samples_s.size());
}

std::vector<Row> Summary::rows() const {
  std::vector<Row> rows;
  rows.reserve(groups_.size());
  for (const Group& group : groups_) {
    Row row = group.row;
    row.rounds = static_cast<std::int64_t>(group.achieved.size());
    const std::vector<double> one(group.achieved.size(), 1.0);
    const std::vector<double> peak(group.achieved.size(),
                                   row.peak_per_clock * group.reference_clock_hz);
    row.peak = row.peak_per_clock * group.reference_clock_hz;
    row.achieved = combine_ratios(group.achieved, one, group.half_widths);
    row.eta = combine_ratios(group.achieved, peak, group.half_widths);
    row.clock_hz = median(group.clocks_hz);
    row.spread = median(group.spreads);
    if (row.bound != "memory") {
      std::vector<double> peak_at_clock = group.clocks_hz;
      for (double& value : peak_at_clock) value *= row.peak_per_clock;
      row.eta_measured = combine_ratios(group.achieved, peak_at_clock, group.half_widths);
      row.clock_ratio = row.clock_hz / group.reference_clock_hz;
    } else {
      row.eta_measured = {kUnknown, {kUnknown, kUnknown, 0}};
    }
    row.outcome = group.worst;
    judge_stability(row);
    rows.push_back(std::move(row));
  }
  const auto age = [&](const Row& row) {
    return std::find(contexts_.begin(), contexts_.end(), row.context);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return age(a) < age(b); });
  return rows;
}

}  // namespace derate
