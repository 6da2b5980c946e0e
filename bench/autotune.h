// SPDX-License-Identifier: Apache-2.0
// --derate_tune: measures every configuration of what was selected, and writes the tuning table.
#pragma once

#include <filesystem>
#include <vector>

#include "derate/device.h"
#include "derate/error.h"
#include "derate/workload.h"
#include "options.h"

namespace derate::bench {

/// A problem of a workload that has several configurations on an opened device.
struct Tunable {
  const Workload* workload;
  Problem problem;
  DataPattern data;
  Session* session;
};

/// Rounds of every configuration, one of each in turn. Prints what was measured; a table that
/// cannot be written fails before anything is. Throws Error.
[[nodiscard]] ExitCode tune(const Options& options, const std::vector<Tunable>& tunables);

}  // namespace derate::bench
