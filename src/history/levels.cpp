// SPDX-License-Identifier: Apache-2.0
// Spread, correlation and mean of the present level from the change points, with an accepted change
// as a boundary, and creep as the difference of the medians around the pinned session and of the
// newest five.
#include "history/levels.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "derate/statistics.h"
#include "stats/student_t.h"

namespace derate::history {
namespace {

Levels levels_of(const SeriesContext& context, std::span<const double> logs) {
  ChangePointPlan plan;
  plan.alpha = context.alpha;
  plan.smallest = context.plan.smallest;
  return logs.empty() ? Levels{} : find_levels(plan, logs);
}

}  // namespace

std::size_t place_of(const SeriesSet& set, std::int64_t session) {
  std::size_t later = set.sessions.size();
  for (std::size_t place = 0; place < set.sessions.size(); ++place) {
    if (set.sessions[place].id == session) return place;
    if (set.sessions[place].id > session) later = std::min(later, place);
  }
  return later;
}

std::optional<Acceptance> acceptance_of(const SeriesSet& set, const Series& series) {
  std::optional<Acceptance> latest;
  const std::size_t newest = place_of(set, series.values.back().session);
  for (const Acceptance& each : set.acceptances) {
    if (!matches(each.pattern, series.benchmark) || place_of(set, each.since) > newest) continue;
    if (!latest || place_of(set, each.since) >= place_of(set, latest->since)) latest = each;
  }
  return latest;
}

Points points_of(const SeriesSet& set, const Series& series,
                 const std::optional<Acceptance>& accepted) {
  std::map<std::int64_t, std::size_t> places;
  for (std::size_t at = 0; at < set.sessions.size(); ++at) places[set.sessions[at].id] = at;
  const std::size_t since = accepted ? place_of(set, accepted->since) : 0;
  Points points;
  for (const SessionValue& value : series.values) {
    if (!(value.time_s > 0)) continue;
    const std::size_t place = places.at(value.session);
    if (place < since) points.reset = points.accepted = points.values.size() + 1;
    if (set.sessions[place].pinned && place >= since) points.baseline = points.values.size();
    points.values.push_back(&value);
    points.logs.push_back(std::log(value.time_s));
  }
  return points;
}

double Level::error_of(double sessions) const {
  const double together = (1 + (sessions - 1) * correlation) / sessions;
  return sd * std::sqrt(together + (1 + correlation) / (1 - correlation) / count);
}

double Level::t_at(double tail) const { return student_t_exceeded(tail, freedom); }

Level level_of(const SeriesContext& context, const Points& points, std::size_t count) {
  const std::span<const double> logs(points.logs.data(), count);
  const std::size_t reset = std::min(points.reset, count);
  // An acceptance parts the levels and keeps the spread of both sides.
  const Levels before = levels_of(context, logs.first(reset));
  const Levels since = levels_of(context, logs.subspan(reset));
  Level level;
  const auto weight_before = static_cast<double>(before.freedom);
  const auto weight_since = static_cast<double>(since.freedom);
  level.freedom = weight_before + weight_since;
  if (level.freedom > 0) {
    const double squares =
        weight_before * before.sd * before.sd + weight_since * since.sd * since.sd;
    level.sd = std::sqrt(squares / level.freedom);
    level.correlation =
        std::max(weight_before > 2 * weight_since ? before.correlation : 0, since.correlation);
  }
  for (std::size_t at = 0; at < since.starts.size(); ++at) {
    level.starts.push_back(reset + since.starts[at]);
    level.means.push_back(since.means[at]);
    level.counts.push_back(static_cast<double>(since.counts[at]));
  }
  if (level.starts.empty()) return level;
  level.begin = level.starts.back();
  std::vector<double> recent;
  for (std::size_t at = level.begin; at < count; ++at) {
    if (!since.spikes[at - reset]) recent.push_back(logs[at]);
  }
  const std::size_t most = context.plan.recent;
  if (recent.size() > most) recent.erase(recent.begin(), recent.end() - static_cast<long>(most));
  level.count = static_cast<double>(recent.size());
  level.mean = std::accumulate(recent.begin(), recent.end(), 0.0) / level.count;
  return level;
}

std::vector<Segment> segments_of(const SeriesContext& context, const Points& points) {
  const std::span<const double> logs(points.logs);
  std::vector<Segment> segments;
  for (const auto& [begin, end] :
       {std::pair{std::size_t{0}, points.reset}, std::pair{points.reset, logs.size()}}) {
    const Levels levels = levels_of(context, logs.subspan(begin, end - begin));
    for (std::size_t at = 0; at < levels.starts.size(); ++at) {
      const bool last = at + 1 == levels.starts.size();
      segments.push_back({begin + levels.starts[at], last ? end : begin + levels.starts[at + 1],
                          levels.means[at]});
    }
  }
  return segments;
}

namespace {

/// What is left of values around the straight line through them.
std::vector<double> around_line(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double middle = (n - 1) / 2;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double slope = 0;
  for (std::size_t at = 0; at < values.size(); ++at) {
    slope += (static_cast<double>(at) - middle) * (values[at] - mean);
  }
  slope /= n * (n * n - 1) / 12;
  std::vector<double> left;
  for (std::size_t at = 0; at < values.size(); ++at) {
    left.push_back(values[at] - mean - slope * (static_cast<double>(at) - middle));
  }
  return left;
}

}  // namespace

std::optional<Creep> creep_of(const Points& points) {
  constexpr std::size_t kAround = 2;
  constexpr std::size_t kSide = 2 * kAround + 1;
  constexpr double kMedianError = 1.25;  // of a median, for that of a mean: sqrt(pi / 2)
  const std::size_t anchor = *points.baseline;
  const std::size_t begin = std::max(points.reset, anchor < kAround ? 0 : anchor - kAround);
  const auto values = std::span<const double>(points.logs).subspan(begin);
  if (values.size() < 2 * kSide) return std::nullopt;
  Creep creep;
  creep.base = median(values.first(anchor - begin + kAround + 1));
  creep.newest = median(values.last(kSide));
  creep.change = creep.newest - creep.base;
  creep.sessions = anchor - begin + kAround + 1;
  const std::vector<double> left = around_line(values);
  creep.freedom = static_cast<double>(left.size()) - 2;
  double squares = 0;
  for (const double each : left) squares += each * each;
  const double correlation = neighbour_correlation(left, 2);
  const auto error_of = [&](std::size_t count) {
    const auto sessions = static_cast<double>(count);
    return (1 + (sessions - 1) * correlation) / sessions;
  };
  creep.error = kMedianError * std::max(std::sqrt(squares / creep.freedom), kLeastSd) *
                std::sqrt(error_of(creep.sessions) + error_of(kSide));
  return creep;
}

}  // namespace derate::history
