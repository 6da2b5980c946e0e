// SPDX-License-Identifier: Apache-2.0
// The rounds of one row, made into its figures.
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "base/units.h"
#include "derate/aggregate.h"

namespace derate {
namespace {

/// Whether the figure may come out otherwise, and why.
void judge_stability(Row& row) {
  if (row.outcome != Outcome::passed) return;
  const Interval& interval = row.achieved.interval;
  const double half_width = interval.relative_half_width(row.achieved.value);
  if (!(interval.confidence >= 0.95)) {
    row.message = fmt::format("{} samples are too few for a 95 % interval", row.samples);
  } else if (!(half_width <= kUnstableAbove)) {
    row.message = fmt::format("the 95 % interval is ±{} wide", format_percent(half_width));
  } else if (row.host_bound_share > kHostBoundAbove) {
    row.message = fmt::format("in {} of the samples the device waited for the host's launches",
                              format_percent(row.host_bound_share, 0));
  } else if (row.others_share > kSharedAbove) {
    row.message =
        fmt::format("other programs had {} of the device", format_percent(row.others_share, 0));
  } else {
    return;
  }
  row.outcome = Outcome::unstable;
}

/// The rounds that have a figure, combined; unknown where none has.
Estimate combine_known(const std::vector<Estimate>& figures) {
  std::vector<double> values;
  std::vector<Interval> within;
  for (const Estimate& figure : figures) {
    if (!(figure.value > 0)) continue;
    values.push_back(figure.value);
    within.push_back(figure.interval);
  }
  if (values.empty()) return {kUnknown, {kUnknown, kUnknown, 0}};
  return combine_rounds(values, within);
}

/// Rounds differ by chance; what the counter's step and the pauses bring is common to all, and the
/// interval is no narrower than that of the middle round.
Estimate combine_energy(const std::vector<Estimate>& figures) {
  Estimate energy = combine_known(figures);
  std::vector<double> lows;
  std::vector<double> highs;
  for (const Estimate& figure : figures) {
    if (!(figure.value > 0)) continue;
    lows.push_back(figure.interval.low / figure.value);
    highs.push_back(figure.interval.high / figure.value);
  }
  energy.interval.low = std::fmin(energy.interval.low, energy.value * median(lows));
  energy.interval.high = std::fmax(energy.interval.high, energy.value * median(highs));
  return energy;
}

}  // namespace

void Aggregate::finish(Row& row, const std::vector<Round>& rounds) {
  // Achieved rates divided by `denominator(round)`, over all rounds. The errors of the two have
  // nothing to do with each other.
  const auto combine = [&](const auto& denominator, double Round::*its_half_width) -> Estimate {
    std::vector<double> ratios;
    std::vector<Interval> within;
    for (const Round& round : rounds) {
      const double ratio = round.achieved / denominator(round);
      if (!(ratio > 0)) return {kUnknown, {kUnknown, kUnknown, 0}};
      ratios.push_back(ratio);
      const double half_width =
          its_half_width ? std::hypot(round.half_width, round.*its_half_width) : round.half_width;
      within.push_back({ratio / (1 + half_width), ratio * (1 + half_width), round.confidence});
    }
    return combine_rounds(ratios, within);
  };
  const auto middle = [&](double Round::*member) {
    std::vector<double> values;
    for (const Round& round : rounds) {
      if (!std::isnan(round.*member)) values.push_back(round.*member);
    }
    return median(values);
  };
  const auto mean = [&](double Round::*member) {
    std::vector<double> values;
    for (const Round& round : rounds) values.push_back(round.*member);
    return mean_of_known(values);
  };
  row.rounds = static_cast<std::int64_t>(rounds.size());
  row.achieved = combine([](const Round&) { return 1.0; }, nullptr);
  row.eta = combine([&](const Round&) { return row.peak; }, nullptr);
  row.eta_measured = {kUnknown, {kUnknown, kUnknown, 0}};
  row.clock_hz = middle(&Round::clock_hz);
  row.spread = middle(&Round::spread);
  row.others_share = mean(&Round::others_share);
  row.throttled_share = mean(&Round::throttled_share);
  std::vector<Estimate> energies;
  std::vector<Estimate> reading_effects;
  for (const Round& round : rounds) {
    energies.push_back(round.energy);
    reading_effects.push_back(round.reading_effect);
  }
  row.energy = combine_energy(energies);
  row.reading_effect = combine_known(reading_effects);
  row.power_w = middle(&Round::power_w);
  row.temperature_c = middle(&Round::temperature_c);
  if (follows_the_clock(bound_of(row))) {
    row.eta_measured =
        combine([&](const Round& round) { return row.peak_per_clock * round.clock_hz; },
                &Round::clock_half_width);
    row.clock_ratio = row.clock_hz / row.clock_reference_hz;
  }
  judge_stability(row);
}

}  // namespace derate
