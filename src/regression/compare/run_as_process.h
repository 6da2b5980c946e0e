// SPDX-License-Identifier: Apache-2.0
// Runs as the unit of a comparison: where several of a side are there, how they differ is measured,
// and what each of their processes says counts once a run.
#pragma once

#include <span>

#include "regression/results/benchmark_result.h"

namespace derate {

/// A run as if it were one process: of each benchmark the median time and clock of its processes,
/// and failed where one of them failed or lacks it.
[[nodiscard]] ProcessReport run_as_process(std::span<const ProcessReport> run);

}  // namespace derate
