// SPDX-License-Identifier: Apache-2.0
// Medians of series cut to the turns that all of them have; a percentile bootstrap that draws whole
// turns, so that what moves several stages at once cancels in their ratio as it does in a round.
#include "attribution/factor.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "stats/student_t.h"

namespace derate {
namespace {

constexpr double kConfidence = 0.95;
constexpr double kInEachTail = (1 - kConfidence) / 2;
constexpr std::size_t kRoundsForStudentT = 3;
constexpr std::size_t kDraws = 2000;
constexpr std::uint64_t kSeed = 20261130;

std::size_t turns_of(const RoundSeries& round) {
  if (round.empty()) return 0;
  const auto shortest = std::min_element(
      round.begin(), round.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return shortest->size();
}

/// The turns in which every series has a known value.
RoundSeries known_turns(const RoundSeries& round) {
  RoundSeries known(round.size());
  for (std::size_t turn = 0; turn < turns_of(round); ++turn) {
    const bool all = std::all_of(round.begin(), round.end(),
                                 [&](const auto& series) { return std::isfinite(series[turn]); });
    if (!all) continue;
    for (std::size_t i = 0; i < round.size(); ++i) known[i].push_back(round[i][turn]);
  }
  return known;
}

/// NaN for a figure that is not positive.
double log_of(double figure) {
  return figure > 0 && std::isfinite(figure) ? std::log(figure) : kUnknown;
}

double log_figure(const RoundSeries& round, const FigureOfMedians& figure) {
  std::vector<double> medians;
  for (const std::vector<double>& series : round) medians.push_back(median(series));
  return log_of(figure(medians));
}

/// One round with as many turns, drawn with repetition.
RoundSeries drawn(const RoundSeries& round, std::mt19937_64& random) {
  const std::size_t turns = turns_of(round);
  RoundSeries draw(round.size(), std::vector<double>(turns));
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const std::size_t from = random() % turns;
    for (std::size_t i = 0; i < round.size(); ++i) draw[i][turn] = round[i][from];
  }
  return draw;
}

double mean_of_logs(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Limits of the mean of logarithms over the rounds.
Interval student_t_interval(std::span<const double> logs) {
  const auto n = static_cast<double>(logs.size());
  const double centre = mean_of_logs(logs);
  double squares = 0;
  for (const double log : logs) squares += (log - centre) * (log - centre);
  const double half = student_t_exceeded(kInEachTail, n - 1) * std::sqrt(squares / (n - 1) / n);
  return {std::exp(centre - half), std::exp(centre + half), kConfidence};
}

Interval bootstrap_interval(std::span<const RoundSeries> rounds, const FigureOfMedians& figure) {
  for (const RoundSeries& round : rounds) {
    if (turns_of(round) < kFewestTurns) return kNoFigure.interval;
  }
  std::mt19937_64 random(kSeed);
  std::vector<double> logs;
  for (std::size_t i = 0; i < kDraws; ++i) {
    double sum = 0;
    for (const RoundSeries& round : rounds) sum += log_figure(drawn(round, random), figure);
    if (std::isnan(sum)) return kNoFigure.interval;
    logs.push_back(sum / static_cast<double>(rounds.size()));
  }
  std::sort(logs.begin(), logs.end());
  const auto left_out = static_cast<std::size_t>(kInEachTail * kDraws);
  return {std::exp(logs[left_out]), std::exp(logs[kDraws - 1 - left_out]), kConfidence};
}

}  // namespace

Estimate figure_of_rounds(std::span<const RoundSeries> rounds, const FigureOfMedians& figure) {
  if (rounds.empty()) return kNoFigure;
  std::vector<RoundSeries> known;
  std::vector<double> logs;
  for (const RoundSeries& round : rounds) {
    known.push_back(known_turns(round));
    if (turns_of(known.back()) == 0) return kNoFigure;
    logs.push_back(log_figure(known.back(), figure));
    if (std::isnan(logs.back())) return kNoFigure;
  }
  const double value = std::exp(mean_of_logs(logs));
  if (logs.size() >= kRoundsForStudentT) return {value, student_t_interval(logs)};
  return {value, bootstrap_interval(known, figure)};
}

Estimate ratio_of_stages(std::span<const StagePair> rounds) {
  std::vector<RoundSeries> series;
  for (const StagePair& round : rounds) series.push_back({round.numerator, round.denominator});
  return figure_of_rounds(series,
                          [](std::span<const double> medians) { return medians[0] / medians[1]; });
}

}  // namespace derate
