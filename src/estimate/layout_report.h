// SPDX-License-Identifier: Apache-2.0
// A training step of a layout by part, and layouts beside each other.
#pragma once

#include <ostream>
#include <vector>

#include "base/json.h"
#include "derate/format.h"
#include "estimate/layout_estimate.h"

namespace derate {

/// What the reports set the step in relation to.
struct TrainingRun {
  TrainingTask task;
  double peak_flop_per_s = 0;  ///< of one device
  double tokens = kUnknown;    ///< of the whole training
};

/// Model FLOPs utilisation: forward and backward once, whatever is computed again.
[[nodiscard]] double utilisation(const TrainingRun& run, const LayoutEstimate& estimate);

void write_layout(std::ostream& out, const TrainingRun& run, const LayoutEstimate& estimate,
                  double device_bytes, Format format);
void write_layouts(std::ostream& out, const TrainingRun& run,
                   const std::vector<LayoutEstimate>& estimates, Format format);
[[nodiscard]] nlohmann::ordered_json json_of(const TrainingRun& run,
                                             const std::vector<LayoutEstimate>& estimates,
                                             double device_bytes);

}  // namespace derate
