// SPDX-License-Identifier: Apache-2.0
// A series as numbers: the sessions that say something, and the level that some of them make.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/series_judge.h"
#include "stats/change_points.h"

namespace derate::history {

/// The usable sessions of a series, oldest first; the last is the one that is judged.
struct Points {
  std::vector<const SessionValue*> values;
  std::vector<double> logs;             ///< of their times
  std::size_t accepted = 0;             ///< the first that an acceptance left; 0 without one
  std::size_t reset = 0;                ///< the first of those that are judged together; not less
  std::optional<std::size_t> baseline;  ///< the newest pinned one that no acceptance left behind
};

/// The place of a session in time; that of the first later one, where it was pruned.
[[nodiscard]] std::size_t place_of(const SeriesSet& set, std::int64_t session);

[[nodiscard]] Points points_of(const SeriesSet& set, const Series& series,
                               const std::optional<Acceptance>& accepted);

/// Where the first `count` points leave the series: its newest level, and the spread of a session.
struct Level {
  double mean = 0;
  double count = 0;       ///< of the sessions behind the mean; 0 where there are none
  std::size_t begin = 0;  ///< of the segment
  double sd = 0;
  double freedom = 0;
  double correlation = 0;
  std::vector<std::size_t> starts;  ///< of all segments since the reset
  std::vector<double> means;
  std::vector<double> counts;

  [[nodiscard]] bool known() const { return count >= 1 && freedom >= 3; }
  /// Standard deviation of the mean of `sessions` new ones less the level.
  [[nodiscard]] double error_of(double sessions) const;
  /// Upper quantile of Student's t.
  [[nodiscard]] double t_at(double tail) const;
};

[[nodiscard]] Level level_of(const SeriesContext& context, const Points& points, std::size_t count);

/// Points around one mean, `end` excluded.
struct Segment {
  std::size_t begin = 0;
  std::size_t end = 0;
  double mean = 0;  ///< of the logarithm of time
};

/// All of a series, on both sides of an accepted change.
[[nodiscard]] std::vector<Segment> segments_of(const SeriesContext& context, const Points& points);

/// How much slower the newest sessions are than those around the baseline: medians of up to five on
/// either side, so that neither depends on one day. The error comes from how sessions scatter
/// around a straight line, which slow change does not widen.
struct Creep {
  double change = 0;
  double error = 0;
  double freedom = 0;
  double base = 0;           ///< of the logarithm of time
  double newest = 0;         ///< likewise
  std::size_t sessions = 0;  ///< on the smaller side
};

/// Nothing where there are too few sessions to tell.
[[nodiscard]] std::optional<Creep> creep_of(const Points& points);

}  // namespace derate::history
