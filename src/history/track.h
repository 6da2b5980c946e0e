// SPDX-License-Identifier: Apache-2.0
// What the newest session says of each benchmark, by the sessions before it (docs/history.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "history/series.h"
#include "regression/verdict.h"
#include "stats/change_points.h"

namespace derate::history {

struct TrackPlan {
  double family_error = 0.001;  ///< any false alarm in one run over all its benchmarks
  double smallest = 0.01;       ///< a smaller change is none, however sure
  double promise = 0.02;        ///< the slowdown that must be detected
  double margin = 0.05;         ///< "unchanged" is shown to lie within ± this
  double power = 0.99;          ///< of Judgement::detectable, once a second session confirms
  double modes = 0.0014;        ///< that a series of two modes raises an alarm, at any session
  std::size_t recent = 20;      ///< sessions of the newest level that are looked at
};

/// More sessions than this say nothing more of today's level, and cost time.
inline constexpr std::int64_t kWindow = 300;

/// Judges every benchmark of the last of set.sessions. Judgement::pairs is the number of sessions
/// behind the level, pair_sd the spread of one session around its level.
[[nodiscard]] Comparison track(const TrackPlan& plan, const SeriesSet& set);

}  // namespace derate::history
