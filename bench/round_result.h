// SPDX-License-Identifier: Apache-2.0
// What Google Benchmark and the progress line show of a round.
#pragma once

#include <benchmark/benchmark.h>

#include <optional>
#include <string>

#include "derate/record.h"

namespace derate::bench {

/// "412.3 GFLOP/s (unstable)", or why there is no figure.
[[nodiscard]] std::string brief(const Record& record);

/// Google Benchmark computes statistics over the repetitions by the first one's settings, which are
/// a null pointer where that one was an error (its issue 2206): then the others must be errors too.
/// Sets `first_had_figure` in the first round.
void tell(benchmark::State& state, const std::optional<Record>& record,
          std::optional<bool>& first_had_figure);

}  // namespace derate::bench
