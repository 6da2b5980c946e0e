// SPDX-License-Identifier: Apache-2.0
// A training that was estimated, as its cost needs it: from the estimate itself, or from what
// `derate estimate train --json` wrote.
#pragma once

#include <filesystem>
#include <string>

#include "estimate/estimate.h"

namespace derate {

struct TrainedHours {
  std::string device;
  double devices = 1;
  Range hours;
  std::string by;  ///< the derate that gave them: "calibrated", "mfu"
};

/// By the derate of that name; without one, by the calibration, else by the first that the user
/// gave, else by what whole trainings reach. Throws Error(usage) where there is none or no time.
[[nodiscard]] TrainedHours hours_of(const TrainingEstimate& estimate, const std::string& by);

/// The same of a file. Throws Error(invalid_input) with its name and line for one that is no such
/// estimate, or whose training does not fit the memory.
[[nodiscard]] TrainedHours read_training(const std::filesystem::path& path, const std::string& by);

}  // namespace derate
