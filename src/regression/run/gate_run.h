// SPDX-License-Identifier: Apache-2.0
// A gate from its commands to its verdicts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regression/gate/gate.h"
#include "regression/run/progress.h"
#include "regression/run/run_folder.h"
#include "regression/run/run_options.h"
#include "regression/verdict.h"

namespace derate {

struct GateRequest {
  std::vector<std::string> base;  ///< a command for each build of the same sources
  std::vector<std::string> candidate;
  GatePlan plan;  ///< its pairs are rounded up to whole rounds of the builds
  RunOptions measuring;
  bool force = false;
};

/// What the folder of a gate says of it.
[[nodiscard]] nlohmann::ordered_json statement_of(const GateRequest& request);

/// Measures and judges. Nothing when it was interrupted: what was finished is kept.
[[nodiscard]] std::optional<Comparison> run_gate(const GateRequest& request, RunFolder& store,
                                                 GateProgress& progress);

}  // namespace derate
