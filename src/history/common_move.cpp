// SPDX-License-Identifier: Apache-2.0
// Up to ten sessions before and up to four since, by Student's t with the spread of those before.
#include "history/common_move.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "derate/statistics.h"
#include "history/levels.h"
#include "stats/change.h"

namespace derate::history {
namespace {

constexpr std::size_t kBefore = 10;
constexpr std::size_t kSince = 4;
constexpr std::size_t kLeastBefore = 3;
constexpr double kLevel = 0.01;        // p-value of one benchmark
constexpr double kMedianError = 1.25;  // of a median, for that of a mean: sqrt(pi / 2)

using Values = std::span<const double>;

double squares_around(Values values, double mean) {
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares;
}

/// Of the medians; the spread around the mean before.
Change change_of(Values before, Values since) {
  double mean = 0;
  for (const double value : before) mean += value / static_cast<double>(before.size());
  const double freedom = static_cast<double>(before.size()) - 1;
  const double sd = std::max(std::sqrt(squares_around(before, mean) / freedom), kLeastSd);
  return {
      median(since) - median(before),
      kMedianError * sd *
          std::sqrt(1 / static_cast<double>(before.size()) + 1 / static_cast<double>(since.size())),
      freedom};
}

}  // namespace

CommonMoves::CommonMoves(const SeriesSet& set, double smallest) : set_(set), smallest_(smallest) {
  for (std::size_t at = 0; at < set.sessions.size(); ++at) places_[set.sessions[at].id] = at;
}

const CommonMove& CommonMoves::with(const std::string& identity, std::int64_t session) {
  const auto [entry, is_new] = known_.try_emplace({identity, session});
  CommonMove& move = entry->second;
  if (!is_new) return move;
  const std::size_t place = places_.at(session);
  for (const Series& series : set_.series) {
    if (series.identity != identity) continue;
    const Points points = points_of(set_, series, std::nullopt);
    const auto since = std::find_if(
        points.values.begin(), points.values.end(),
        [&](const SessionValue* value) { return places_.at(value->session) >= place; });
    const auto first = static_cast<std::size_t>(since - points.values.begin());
    if (first < kLeastBefore || first == points.values.size()) continue;
    const Values logs(points.logs);
    const std::size_t before = std::min(first, kBefore);
    const Change change = change_of(logs.subspan(first - before, before),
                                    logs.subspan(first, std::min(kSince, logs.size() - first)));
    ++move.benchmarks;
    if (std::abs(change.value) < smallest_ || change.p() > kLevel) continue;
    ++(change.value > 0 ? move.slower : move.faster);
  }
  return move;
}

}  // namespace derate::history
