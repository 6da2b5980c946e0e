// SPDX-License-Identifier: Apache-2.0
// Processes of two sides in pairs, one process at a time. Which side of a pair runs first is
// random, each side as often as the other, so that what drifts or returns reaches both alike. Of
// several builds a side each runs as often as the others.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regression/gate/pair_order.h"
#include "regression/results/pairing.h"
#include "regression/run/builds.h"
#include "regression/run/metric_choice.h"
#include "regression/run/progress.h"
#include "regression/run/run_folder.h"

namespace derate {

/// Tells a command of a gate which side it is of.
inline constexpr const char* kSideVariable = "DERATE_GATE_SIDE";

struct PairedStage {
  GateStage stage = GateStage::screen;
  int pairs = 0;
  std::vector<std::string> base_filters;  ///< regular expressions of what is wanted of each build
  std::vector<std::string> candidate_filters;
};

/// How a stage ended: with every pair; interrupted; cut off by the limit of the whole gate, which
/// is said; or at a pair that failed twice, for this reason.
struct StageEnd {
  std::vector<MeasuredPair> pairs;
  bool interrupted = false;
  std::string cut;
  std::string lost;
};

class PairedRuns {
 public:
  struct Limits {
    double process_s = 600;
    double whole_s = 0;  ///< of all processes that are started; 0: none
  };

  PairedRuns(Builds base, Builds candidate, Limits limits, RunFolder& store, MetricChoice& metric,
             GateProgress& progress);

  /// Measures a stage, or takes from the store what was measured before.
  [[nodiscard]] StageEnd run(const PairedStage& stage);

  /// Seconds that one process takes, as measured in the stage; NaN when none ran.
  [[nodiscard]] double mean_process_s(GateStage stage) const;

 private:
  /// One pair of a stage: its builds, counted from 0, and who runs first.
  struct Turn {
    int number = 0;
    BuildPair builds;
    Side first = Side::base;

    [[nodiscard]] std::size_t build(Side side) const {
      return static_cast<std::size_t>(side == Side::base ? builds.base : builds.candidate);
    }
  };

  [[nodiscard]] std::vector<Turn> turns(const PairedStage& stage) const;
  [[nodiscard]] const Builds& builds(Side side) const {
    return side == Side::base ? base_ : candidate_;
  }
  /// From 1 on; 0 where the side has one alone.
  [[nodiscard]] int build_number(const Turn& turn, Side side) const {
    return builds(side).size() == 1 ? 0 : static_cast<int>(turn.build(side)) + 1;
  }
  [[nodiscard]] std::optional<MeasuredProcess> stored(const Place& place);
  void say_lost(const std::string& what);
  [[nodiscard]] bool is_fresh(const Place& place) const;
  std::optional<MeasuredPair> measure_pair(const PairedStage& stage, const Turn& turn,
                                           StageEnd& end);
  /// Runs one process of the pair; what it said, unless nothing of it can be used.
  std::optional<MeasuredProcess> measure(const PairedStage& stage, const Turn& turn, Side side,
                                         bool last_try, StageEnd& end, std::string& failure);
  void show(const PairedStage& stage, const Place& place);
  [[nodiscard]] bool out_of_time(GateStage stage) const;

  Builds base_;
  Builds candidate_;
  Limits limits_;
  RunFolder& store_;
  MetricChoice& metric_;
  GateProgress& progress_;
  double spent_s_ = 0;  ///< on processes that were started here
};

}  // namespace derate
