// SPDX-License-Identifier: Apache-2.0
// A fleet's sweep as processes for a history: one of each GPU, with the median of its rounds.
#pragma once

#include <string>
#include <vector>

#include "fleet/fleet_data.h"
#include "regression/results/benchmark_result.h"

namespace derate::fleet {

/// "n17 GPU 3", or "n17 CPU".
[[nodiscard]] std::string device_on_node(const FleetData& data, const Gpu& gpu);

/// Benchmarks have the names of history/group_drift.h. GPUs without a figure are left out.
[[nodiscard]] std::vector<ProcessReport> processes_of(const FleetData& data);

}  // namespace derate::fleet
