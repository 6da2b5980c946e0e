// SPDX-License-Identifier: Apache-2.0
// How sessions of one level differ: what two runs of the same code differ by.
#pragma once

#include <optional>
#include <string>

#include "history/series_judge.h"
#include "regression/compare/compare.h"

namespace derate::history {

/// Of a benchmark on the kind of machine that the environment is of; nothing where its sessions
/// make no level.
[[nodiscard]] std::optional<PairSpread> level_spread(const SeriesContext& context,
                                                     const std::string& benchmark,
                                                     const Environment& environment);

}  // namespace derate::history
