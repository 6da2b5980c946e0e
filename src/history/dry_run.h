// SPDX-License-Identifier: Apache-2.0
// A session that is judged without being stored.
#pragma once

#include <span>

#include "history/series.h"
#include "regression/results/benchmark_result.h"

namespace derate::history {

/// The series with one more session at their end, and without what is later than it.
[[nodiscard]] SeriesSet with_unstored(SeriesSet set, const SessionFacts& facts,
                                      std::span<const ProcessReport> processes);

}  // namespace derate::history
