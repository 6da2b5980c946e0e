// SPDX-License-Identifier: Apache-2.0
// Which time a gate or a noise judges: the one that was asked for or, with --metric auto, what the
// machine says before the first pair and the benchmarks' kind after it. The folder keeps it, so
// that both stages and a run that goes on have the same.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/machine_load.h"
#include "regression/metric.h"
#include "regression/results/pairing.h"
#include "regression/run/run_folder.h"

namespace derate {

class MetricChoice {
 public:
  /// `wanted` is nothing for auto: then the machine is looked at, unless the folder has decided.
  MetricChoice(std::optional<Metric> wanted, RunFolder& store,
               const std::function<MachineLoad()>& look = look_at_machine);

  /// A pair by that metric. The first one decides whether its benchmarks have a CPU time that is
  /// all of their work. Throws Error(invalid_input) as in_metric() does.
  [[nodiscard]] MeasuredPair judged(MeasuredPair pair);

  [[nodiscard]] Metric metric() const { return decision_.metric; }
  /// Why auto took it; empty where it was asked for.
  [[nodiscard]] std::string sentence() const;

 private:
  void decide(MetricDecision decision);

  RunFolder& store_;
  MetricDecision decision_;  ///< without a reason where it was asked for
  bool kind_is_known_ = true;
};

}  // namespace derate
