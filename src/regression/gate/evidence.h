// SPDX-License-Identifier: Apache-2.0
// What one benchmark's deciding stage says, before all benchmarks are judged together.
#pragma once

#include <optional>
#include <string>

#include "regression/gate/builds_test.h"

namespace derate {

struct Evidence {
  std::string unusable;  ///< why there is nothing to test; empty when there is
  bool confirmed = false;
  BuildCounts builds;
  PairedTest time;
  std::optional<PairedTest> cycles;  ///< where every process's clock is known
  std::optional<PairedTest> clock;
  bool slower = false;  ///< by Holm's test over stage 2 of what favoured that side in stage 1
  bool alone = false;   ///< stage 2 is sure of a change towards which stage 1 did not lean
  bool faster = false;  ///< the same the other way; neither without stage 2
};

/// A mean log ratio as a change: ratio - 1, with its 95 % interval.
[[nodiscard]] Estimate as_change(const PairedTest& test);

/// Of stage 2 where it has any pairs, else of stage 1.
[[nodiscard]] Evidence evidence_of(const PairSeries& series);

/// The verdict and its sentence; `detectable` is the smallest slowdown that would have been found.
struct Decision {
  Verdict verdict = Verdict::inconclusive;
  std::string reason;
};
[[nodiscard]] Decision decide(const GatePlan& plan, const PairSeries& series,
                              const Evidence& evidence, double detectable);

}  // namespace derate
