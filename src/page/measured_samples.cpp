// SPDX-License-Identifier: Apache-2.0
// Samples in order, thinned by doubling the stride where they become too many.
#include "page/measured_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace derate::page {
namespace {

/// The same for a record and for the row that it belongs to, see Aggregate.
template <typename Facts, typename Measured>
std::string key_of(const Facts& facts, const Measured& measured, double amount, bool side_by_side) {
  std::string key;
  for (const std::string* part :
       {&facts.device_id, &facts.backend, &facts.driver_version, &facts.runtime_version,
        &facts.build_type, &facts.tool_version, &facts.tool_commit, &measured.workload,
        &measured.variant, &measured.provider, &measured.precision, &measured.accumulator,
        &measured.instruction, &measured.problem, &measured.data, &measured.cache, &measured.mode,
        &measured.library, &measured.bound}) {
    key += *part;
    key += '\n';
  }
  return key + fmt::format("{} {} {} {} {} {}", facts.device_index, facts.compute_units,
                           measured.devices_at_once, measured.peak_per_clock, amount, side_by_side);
}

std::string key_of(const Record& record) {
  return key_of(record, record, amount_of(record), !record.side_by_side.empty());
}

std::string key_of(const Row& row) {
  return key_of(*row.context, row, row.amount, row.side_by_side);
}

/// 0 for what is no time.
double seconds_of(const std::string& time_utc) {
  std::tm time = {};
  const char* const rest = strptime(time_utc.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (rest == nullptr) return 0;
  const double fraction_s = *rest == '.' ? std::strtod(rest, nullptr) : 0;
  return static_cast<double>(timegm(&time)) + fraction_s;
}

double at(const std::vector<double>& readings, std::size_t i) {
  return readings.empty() ? kUnknown : readings[i];
}

}  // namespace

void MeasuredSamples::add(const Record& record) {
  const std::string key = key_of(record);
  Known& known = known_.try_emplace(key, Known{{record.flops, record.bytes}}).first->second;
  Round round{key, ++known.rounds, seconds_of(record.time_utc), 0, {}};
  keep(record, round);
  kept_ += round.samples.size();
  if (!round.samples.empty()) rounds_.push_back(std::move(round));
  while (kept_ > kMost) thin();
}

void MeasuredSamples::keep(const Record& record, Round& round) {
  for (std::size_t i = 0; i < record.samples_s.size(); ++i, ++taken_) {
    const double begin_s = round.duration_s;
    round.duration_s += record.samples_s[i] * static_cast<double>(record.launches_per_sample);
    if (taken_ % stride_ != 0) continue;
    Sample sample{.rate = amount_of(record) / record.samples_s[i],
                  .clock_hz = at(record.clocks_hz, i),
                  .power_w = at(record.powers_w, i),
                  .temperature_c = at(record.temperatures_c, i),
                  .throttled = at(record.throttled, i)};
    round.samples.push_back({taken_, begin_s, sample});
  }
}

void MeasuredSamples::thin() {
  stride_ *= 2;
  kept_ = 0;
  for (Round& round : rounds_) {
    std::erase_if(round.samples, [&](const Kept& kept) { return kept.place % stride_ != 0; });
    kept_ += round.samples.size();
  }
  std::erase_if(rounds_, [](const Round& round) { return round.samples.empty(); });
}

std::vector<Sample> MeasuredSamples::of(std::span<const Row> rows) const {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) places.try_emplace(key_of(rows[i]), i);
  std::vector<const Round*> rounds;
  for (const Round& round : rounds_) {
    if (places.contains(round.row)) rounds.push_back(&round);
  }
  std::stable_sort(rounds.begin(), rounds.end(),
                   [](const Round* a, const Round* b) { return a->end_s < b->end_s; });
  std::vector<Sample> samples;
  double origin_s = 0;
  double free_s = 0;  // no round begins before the one before it ended
  for (const Round* round : rounds) {
    const double planned_s = round->end_s - round->duration_s;
    if (samples.empty()) origin_s = free_s = planned_s;
    const double begin_s = std::max(free_s, planned_s);
    free_s = begin_s + round->duration_s;
    for (const Kept& kept : round->samples) {
      samples.push_back(kept.sample);
      samples.back().time_s = begin_s - origin_s + kept.begin_s;
      samples.back().row = places.at(round->row);
      samples.back().round = round->number;
    }
  }
  return samples;
}

WorkDone MeasuredSamples::work_of(const Row& row) const {
  const auto found = known_.find(key_of(row));
  return found == known_.end() ? WorkDone{} : found->second.work;
}

}  // namespace derate::page
