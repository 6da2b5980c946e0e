// SPDX-License-Identifier: Apache-2.0
// Two runs that are over, compared: weaker than the gate, whose processes are interleaved, as what
// drifted between the runs counts as a change.
#pragma once

#include <map>
#include <span>
#include <string>

#include "regression/results/benchmark_result.h"
#include "regression/verdict.h"

namespace derate {

/// How two processes of one program, or two runs of it, differ: as `derate noise` estimates it, or
/// a history holds it.
struct PairSpread {
  double sd = 0;       ///< standard deviation of the log ratio
  double freedom = 0;  ///< degrees of freedom with which it was estimated
};

struct ComparePlan {
  double family_alpha = 0.001;       ///< Holm's bound over the benchmarks: any false alarm at all
  double smallest_effect = 0.01;     ///< a smaller change is no regression, however sure
  double equivalence_margin = 0.01;  ///< "unchanged" is shown to lie within ± this
  double promise = 0.02;             ///< the slowdown that must be detected ...
  double power = 0.99;               ///< ... with this probability
  bool force = false;                ///< compare although hard facts, units or amounts differ
  /// By benchmark: what a verdict on the code needs, and all there is to go by where a side has a
  /// single process.
  std::map<std::string, PairSpread> pair_spread;
  std::string spread_source = "derate noise";  ///< of pair_spread
  /// Each report is a run, by run_as_process(): how runs differ was measured where a side has
  /// several.
  bool of_runs = false;
};

/// Each report is one process, or one run. What cannot be compared gets a verdict that says why;
/// what only the candidate has is a note. Fills everything of a Comparison except what the sides
/// are called.
[[nodiscard]] Comparison compare_runs(std::span<const ProcessReport> base,
                                      std::span<const ProcessReport> candidate,
                                      const ComparePlan& plan);

}  // namespace derate
