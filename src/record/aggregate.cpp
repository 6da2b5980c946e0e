// SPDX-License-Identifier: Apache-2.0
// Rows of records as aggregates: one Row for all rounds of a workload and problem. Duplicates are
// left out, rates above the peak are marked, and ceilings are checked against each other.
#include "derate/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/units.h"
#include "record/clock_cross_check.h"
#include "record/energy.h"
#include "record/reading_effect.h"
#include "record/row_key.h"

namespace derate {
namespace {

Context without_measurement(const Record& record) {
  Context context = record;
  for (std::string Record::*member :
       std::initializer_list<std::string Record::*>{&Record::workload,
                                                    &Record::variant,
                                                    &Record::provider,
                                                    &Record::precision,
                                                    &Record::accumulator,
                                                    &Record::units,
                                                    &Record::instruction,
                                                    &Record::problem,
                                                    &Record::size_class,
                                                    &Record::bound,
                                                    &Record::data,
                                                    &Record::cache,
                                                    &Record::mode,
                                                    &Record::side_by_side,
                                                    &Record::peak_instruction,
                                                    &Record::peak_source,
                                                    &Record::library,
                                                    &Record::algorithm,
                                                    &Record::throttle_reasons,
                                                    &Record::pcie_link,
                                                    &Record::pcie_link_maximum,
                                                    &Record::outcome,
                                                    &Record::message}) {
    (context.*member).clear();
  }
  for (std::vector<double> Record::*member :
       {&Record::samples_s, &Record::clocks_hz, &Record::powers_w, &Record::temperatures_c,
        &Record::throttled, &Record::waited_shares}) {
    (context.*member).clear();
  }
  return context;
}

/// Adds the words of "power_cap,thermal" that are not yet among `reasons`.
void add_reasons(std::string_view words, std::vector<std::string>& reasons) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    const bool known = std::find(reasons.begin(), reasons.end(), word) != reasons.end();
    if (!known && !word.empty()) reasons.emplace_back(word);
  }
}

/// What the driver counted, over all rounds.
void add_health(const Record& record, Row& row) {
  const auto add = [](double more, double& sum) {
    if (!std::isnan(more)) sum = std::isnan(sum) ? more : sum + more;
  };
  add(record.throttled_power_s, row.throttled_power_s);
  add(record.throttled_thermal_s, row.throttled_thermal_s);
  add(record.throttled_other_s, row.throttled_other_s);
  add(record.ecc_corrected, row.ecc_corrected);
  add(record.ecc_uncorrected, row.ecc_uncorrected);
  row.clock_setting = std::fmax(row.clock_setting, record.clock_setting);
  row.memory_clock_ratio = std::fmin(row.memory_clock_ratio, record.memory_clock_ratio);
  const bool slow = record.pcie_link != record.pcie_link_maximum;
  if (!record.pcie_link.empty() && (row.pcie_link.empty() || slow)) {
    row.pcie_link = record.pcie_link;
    row.pcie_link_maximum = record.pcie_link_maximum;
  }
}

/// A library may choose again in every round.
void add_algorithm(const std::string& algorithm, std::string& algorithms) {
  if (algorithm.empty() || algorithms.find(algorithm) != std::string::npos) return;
  algorithms += (algorithms.empty() ? "" : " | ") + algorithm;
}

/// Identifies a measurement: the same one may come from a file that is named twice.
std::size_t fingerprint(const Record& record) {
  std::size_t hash = 0;
  const auto mix = [&](std::size_t more) {
    hash ^= more + 0x9E3779B97F4A7C15u + (hash << 6) + (hash >> 2);
  };
  for (const std::string* part :
       {&record.run, &record.time_utc, &record.device_id, &record.workload, &record.variant,
        &record.precision, &record.problem, &record.data, &record.cache, &record.mode}) {
    mix(std::hash<std::string>{}(*part));
  }
  for (const std::string* part : {&record.provider, &record.accumulator, &record.instruction,
                                  &record.library, &record.outcome, &record.message}) {
    mix(std::hash<std::string>{}(*part));
  }
  for (const double time_s : record.samples_s) mix(std::hash<double>{}(time_s));
  for (const double clock_hz : record.clocks_hz) mix(std::hash<double>{}(clock_hz));
  return hash;
}

}  // namespace

double reference_clock_hz(const Record& record) {
  if (!follows_the_clock(bound_of(record))) return 1;  // peak_per_clock is the bandwidth itself
  return std::isnan(record.clock_specified_hz) ? record.clock_maximum_hz
                                               : record.clock_specified_hz;
}

Bound bound_of(const Row& row) { return parse_bound(row.bound).value_or(Bound::compute); }

std::string conditions_side_by_side(const Row& row) {
  std::string text;
  if (row.cache == "hot") text += " (hot)";
  if (row.mode == "sustained") text += " (sustained)";
  if (row.devices_at_once > 1) text += fmt::format(" ({} at once)", row.devices_at_once);
  return text;
}

std::string conditions(const Row& row) {
  std::string text;
  if (row.cache == "hot") text += " (hot)";
  if (row.data == "zeros") text += " (zeros)";
  if (row.mode == "sustained") text += " (sustained)";
  if (row.devices_at_once > 1) text += fmt::format(" ({} at once)", row.devices_at_once);
  if (row.side_by_side) text += " (side by side)";
  return text;
}

Estimate measured_clock(const Record& record) {
  std::vector<double> clocks = record.clocks_hz;
  std::erase_if(clocks, [](double clock_hz) { return !(clock_hz > 0); });
  return {median(clocks), median_interval(clocks)};
}

double measured_clock_hz(const Record& record) { return measured_clock(record).value; }

namespace {

/// What the parts of a quota's periods that a sample of `time_s` begins and ends with may add to a
/// share of a core.
double most_of_share(const Record& record, double time_s) {
  if (!(record.compute_units > 0 && record.compute_units < 1)) return 1;
  return 1 + (1 - record.compute_units) * kQuotaPeriod_s / time_s;
}

/// Whether the record's rate is more than its peak at this clock; false for NaN.
bool exceeds(const Record& record, double clock_hz) {
  const double launch_s = median(record.samples_s);
  const double sample_s = launch_s * static_cast<double>(record.launches_per_sample);
  const double peak = record.peak_per_clock * clock_hz * most_of_share(record, sample_s);
  return amount_of(record) / launch_s > kSuspectAbove * peak;
}

/// The highest clock that may have been, by which a record's rate is judged.
double highest_clock_hz(const Record& record) {
  if (!follows_the_clock(bound_of(record))) return reference_clock_hz(record);
  const double measured_hz = measured_clock(record).interval.high;
  return !std::isnan(measured_hz)               ? measured_hz
         : !std::isnan(record.clock_maximum_hz) ? record.clock_maximum_hz
                                                : record.clock_specified_hz;
}

}  // namespace

bool above_peak(const Record& record) {
  if (record.samples_s.empty() || (bound_of(record) == Bound::memory && record.cache == "hot"))
    return false;
  return exceeds(record, highest_clock_hz(record));
}

Finding against_peak(const Record& record) {
  if (!above_peak(record)) return {};
  const bool at_measured_clock =
      follows_the_clock(bound_of(record)) && !std::isnan(measured_clock_hz(record));
  // Chains that lose a share of their time show a clock that is lower by that share.
  const double explained_hz = highest_clock_hz(record) / (1 - record.others_share);
  if (!at_measured_clock || !(record.others_share > kSharedAbove) ||
      exceeds(record, explained_hz)) {
    return {Outcome::suspect, kAbovePeak};
  }
  return {Outcome::unstable, fmt::format("{}, but other programs had {} of the device", kAbovePeak,
                                         format_percent(record.others_share, 0))};
}

namespace {

Turns turns_of(const Record& record) {
  Turns turns{record.run, record.side_by_side, {}, record.clocks_hz};
  for (const double time_s : record.samples_s) turns.rates.push_back(amount_of(record) / time_s);
  return turns;
}

}  // namespace

std::shared_ptr<const Context> Aggregate::context_of(const Record& record) {
  // The newest first: records of one run stand together.
  std::size_t place = contexts_.size() - 1;
  if (contexts_.empty() || !same_context(*contexts_.back(), record)) {
    const auto [entry, is_new] = context_places_.try_emplace(context_key(record), contexts_.size());
    if (is_new) contexts_.push_back(std::make_shared<Context>(without_measurement(record)));
    place = entry->second;
  }
  // RFC 3339 in UTC: the later time is the greater text.
  Context& context = *contexts_[place];
  context.time_utc = std::max(context.time_utc, record.time_utc);
  return contexts_[place];
}

std::size_t Aggregate::row_of(const Record& record) {
  std::shared_ptr<const Context> context = context_of(record);
  std::string key =
      std::to_string(reinterpret_cast<std::uintptr_t>(context.get())) + '\n' + row_key(record);
  const auto [entry, is_new] = index_.try_emplace(std::move(key), rows_.size());
  if (is_new) {
    rows_.push_back({.context = std::move(context),
                     .workload = record.workload,
                     .variant = record.variant,
                     .provider = record.provider,
                     .precision = record.precision,
                     .accumulator = record.accumulator,
                     .units = record.units,
                     .instruction = record.instruction,
                     .problem = record.problem,
                     .size_class = record.size_class,
                     .bound = record.bound,
                     .data = record.data,
                     .cache = record.cache,
                     .mode = record.mode,
                     .devices_at_once = record.devices_at_once,
                     .side_by_side = !record.side_by_side.empty(),
                     .work = {record.flops, record.bytes, record.steps},
                     .amount = amount_of(record),
                     .peak_per_clock = record.peak_per_clock,
                     .peak_instruction = record.peak_instruction,
                     .peak_source = record.peak_source,
                     .library = record.library});
    rows_.back().clock_reference_hz = reference_clock_hz(record);
    rows_.back().clock_specified_source = record.clock_specified_source;
    rows_.back().peak = record.peak_per_clock * reference_clock_hz(record);
    rounds_.emplace_back();
  }
  return entry->second;
}

void Aggregate::add(const Record& record) {
  if (!seen_.insert(fingerprint(record)).second) {
    ++duplicates_;
    return;
  }
  const std::size_t place = row_of(record);
  Row& row = rows_[place];
  Outcome outcome = parse_outcome(record.outcome);
  std::string message = record.message;
  // Whether a row is stable is decided over its rounds, not by one of them.
  if (outcome == Outcome::unstable) outcome = Outcome::passed;
  if (outcome == Outcome::passed) {
    Finding finding = against_peak(record);
    outcome = finding.outcome;
    if (outcome != Outcome::passed) message = std::move(finding.message);
  }
  if (outcome > row.outcome) {
    row.outcome = outcome;
    row.message = std::move(message);
  }
  add_algorithm(record.algorithm, row.algorithm);
  if (record.samples_s.empty()) return;
  row.samples += static_cast<std::int64_t>(record.samples_s.size());
  row.host_bound_share = std::fmax(row.host_bound_share, record.host_bound_share);
  row.other_processes = std::fmax(row.other_processes, record.other_processes);
  add_reasons(record.throttle_reasons, row.throttle_reasons);
  add_health(record, row);
  if (row.side_by_side) row.turns.push_back(turns_of(record));
  const double time_s = median(record.samples_s);
  const Interval interval = median_interval(record.samples_s);
  const Estimate clock = measured_clock(record);
  rounds_[place].push_back({.achieved = amount_of(record) / time_s,
                            .half_width = interval.relative_half_width(time_s),
                            .confidence = interval.confidence,
                            .clock_hz = clock.value,
                            .clock_half_width = clock.interval.relative_half_width(clock.value),
                            .spread = scaled_mad(record.samples_s) / time_s,
                            .others_share = record.others_share,
                            .throttled_share = mean_of_known(record.throttled),
                            .power_w = record.power_w,
                            .temperature_c = record.temperature_c,
                            .energy = energy_per_amount(record),
                            .reading_effect = reading_effect(record)});
}

std::vector<Row> Aggregate::rows() {
  index_.clear();
  seen_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) finish(rows_[i], rounds_[i]);
  rounds_.clear();
  std::unordered_map<const Context*, std::size_t> ages;
  for (const auto& context : contexts_) ages.emplace(context.get(), ages.size());
  const auto before = [&](const Row& a, const Row& b) {
    if (a.context != b.context) return ages.at(a.context.get()) < ages.at(b.context.get());
    const auto key = [](const Row& row) {
      return std::tuple(std::string_view(row.workload), std::string_view(row.variant),
                        std::string_view(row.precision), row.amount, row.problem.size(),
                        std::string_view(row.problem));
    };
    return key(a) < key(b);
  };
  // Sorts places and then moves each row once: a Row is large.
  std::vector<std::size_t> order(rows_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return before(rows_[a], rows_[b]); });
  for (std::size_t start = 0; start < order.size(); ++start) {
    std::size_t to = start;  // walks one cycle of the permutation
    while (order[to] != start) {
      const std::size_t from = order[to];
      std::swap(rows_[to], rows_[from]);
      order[to] = to;
      to = from;
    }
    order[to] = to;
  }
  for (auto first = rows_.begin(); first != rows_.end();) {
    const auto end = std::find_if(first, rows_.end(),
                                  [&](const Row& row) { return row.context != first->context; });
    cross_check(std::span(first, end));
    first = end;
  }
  return std::exchange(rows_, {});
}

}  // namespace derate
