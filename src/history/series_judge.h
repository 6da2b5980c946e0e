// SPDX-License-Identifier: Apache-2.0
// One benchmark's newest session against the sessions before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "history/common_move.h"
#include "history/track.h"

namespace derate::history {

/// What the judge is told beside the series itself.
struct SeriesContext {
  const TrackPlan& plan;
  const SeriesSet& set;
  std::shared_ptr<CommonMoves> moves;  ///< of the set
  double alpha = 0.001;  ///< this series' share of the run's probability of a false alarm
};

/// The series that the newest session measured; Comparison::judgements of track() are in this
/// order.
[[nodiscard]] std::vector<const Series*> judged_series(const SeriesSet& set);

[[nodiscard]] SeriesContext context_of(const TrackPlan& plan, const SeriesSet& set);

struct Finding {
  Judgement judgement;
  std::int64_t changed_with = 0;  ///< the session of a change, 0 where there is none
  std::string events;             ///< what happened to the machine with it; may be empty
};

[[nodiscard]] Finding judge_series(const SeriesContext& context, const Series& series);

/// The acceptance that the newest session stands under: the one with the latest `since`.
[[nodiscard]] std::optional<Acceptance> acceptance_of(const SeriesSet& set, const Series& series);

}  // namespace derate::history
