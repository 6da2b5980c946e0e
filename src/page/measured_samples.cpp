// SPDX-License-Identifier: Apache-2.0
// Samples in order, thinned by doubling the stride where they become too many.
#include "page/measured_samples.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "record/row_key.h"

namespace derate::page {
namespace {

/// The same for a record and for the row that it belongs to.
std::string key_of(const Record& record) { return context_key(record) + row_key(record); }
std::string key_of(const Row& row) { return context_key(*row.context) + row_key(row); }

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
  Round round{key, ++rounds_of_row_[key], seconds_of(record.time_utc), 0, {}};
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

}  // namespace derate::page
