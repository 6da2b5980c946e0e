// SPDX-License-Identifier: Apache-2.0
// Processes of two commands in pairs, one process at a time. Which side of a pair runs first is
// random, each side as often as the other, so that what drifts or returns reaches both alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regression/results/pairing.h"
#include "regression/run/command_template.h"
#include "regression/run/metric_choice.h"
#include "regression/run/progress.h"
#include "regression/run/run_folder.h"

namespace derate {

/// Tells a command of a gate which side it is of.
inline constexpr const char* kSideVariable = "DERATE_GATE_SIDE";

struct PairedStage {
  Stage stage = Stage::screen;
  int pairs = 0;
  std::string base_filter;  ///< regular expressions of what is wanted
  std::string candidate_filter;
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

  PairedRuns(CommandTemplate base, CommandTemplate candidate, Limits limits, RunFolder& store,
             MetricChoice& metric, GateProgress& progress);

  /// Measures a stage, or takes from the store what was measured before.
  [[nodiscard]] StageEnd run(const PairedStage& stage);

  /// Seconds that one process takes, as measured in the stage; NaN when none ran.
  [[nodiscard]] double mean_process_s(Stage stage) const;

 private:
  [[nodiscard]] const CommandTemplate& command(Side side) const {
    return side == Side::base ? base_ : candidate_;
  }
  [[nodiscard]] std::optional<MeasuredProcess> stored(const Place& place);
  void say_lost(const std::string& what);
  [[nodiscard]] bool is_fresh(const Place& place) const;
  std::optional<MeasuredPair> measure_pair(const PairedStage& stage, int number, Side first,
                                           StageEnd& end);
  /// Runs one process of the pair; what it said, unless nothing of it can be used.
  std::optional<MeasuredProcess> measure(const PairedStage& stage, const Place& place,
                                         bool last_try, StageEnd& end, std::string& failure);
  void show(const PairedStage& stage, const Place& place);
  [[nodiscard]] bool out_of_time(Stage stage) const;

  CommandTemplate base_;
  CommandTemplate candidate_;
  Limits limits_;
  RunFolder& store_;
  MetricChoice& metric_;
  GateProgress& progress_;
  double spent_s_ = 0;  ///< on processes that were started here
};

}  // namespace derate
