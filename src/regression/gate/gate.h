// SPDX-License-Identifier: Apache-2.0
// The statistics of the gate: pure functions from paired times to verdicts. Two stages: a few pairs
// of processes screen every benchmark; fresh pairs confirm the suspects, so that the price of many
// benchmarks is paid over the suspects only (docs/regression.md).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "regression/verdict.h"

namespace derate {

struct GatePlan {
  int screen_pairs = 8;              ///< pairs of processes that run every benchmark
  double screen_alpha = 0.05;        ///< a benchmark is suspect below this one-sided p-value
  int confirm_pairs = 20;            ///< fresh pairs that run the suspects
  double family_alpha = 0.001;       ///< Holm's bound over the suspects: any false alarm at all
  double smallest_effect = 0.01;     ///< a smaller change is no regression, however sure
  double equivalence_margin = 0.01;  ///< "unchanged" is shown to lie within ± this
  double promise = 0.02;             ///< the slowdown that must be detected ...
  double power = 0.99;               ///< ... with this probability
};

/// Two adjacent processes, one of each side.
struct TimePair {
  double base_s = 0;
  double candidate_s = 0;
  double base_hz = kUnknown;
  double candidate_hz = kUnknown;
  int base_build = 0;  ///< which of several builds of the same sources ran, counted from 0
  int candidate_build = 0;
};

/// One benchmark's pairs, in the order in which they were measured.
struct PairSeries {
  std::string benchmark;
  bool same_code = false;
  std::vector<TimePair> screen;
  std::vector<TimePair> confirm;  ///< empty for what was no suspect
};

/// Which benchmarks stage 1 leaves to stage 2, as indices into `series`: those that look slower or
/// faster at screen_alpha, and those not shown to be equivalent.
[[nodiscard]] std::vector<std::size_t> to_confirm(const GatePlan& plan,
                                                  std::span<const PairSeries> series);

/// A verdict for each series, from stage 2 where it has any pairs, else from stage 1. A change must
/// have favoured the same side in stage 1.
[[nodiscard]] std::vector<Judgement> judge(const GatePlan& plan,
                                           std::span<const PairSeries> series);

/// The smallest slowdown (0.02 is 2 %) that the plan finds with its power, where one pair's log
/// ratio has this standard deviation and `suspects` benchmarks reach stage 2. NaN when there is
/// none: fewer than three pairs in a stage, an unknown deviation, or one so large that a factor of
/// ten hides.
[[nodiscard]] double detectable_slowdown(const GatePlan& plan, double pair_sd, int suspects = 5);

/// Pairs of stage 2 needed to find plan.promise with plan.power; 0 when no number up to `most`
/// does.
[[nodiscard]] int pairs_needed(const GatePlan& plan, double pair_sd, int most = 200,
                               int suspects = 5);

}  // namespace derate
