// SPDX-License-Identifier: Apache-2.0
// What a history holds of a device, for derate check and derate compare.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "regression/compare/compare.h"
#include "report/earlier_runs.h"

namespace derate::cli {

/// Adds what the newest sessions of the history hold; nothing where there is no history. Empty
/// means the usual file. One that cannot be read is left out with a sentence on standard error,
/// unless it was named: then it throws Error.
void add_history_runs(EarlierRuns& earlier, const std::filesystem::path& named);

/// By benchmark: how two sessions of one level differ, on the kind of machine that measured `run`.
/// Without a level of a benchmark there, it has none.
[[nodiscard]] std::map<std::string, PairSpread> history_spread(const std::filesystem::path& file,
                                                               const ProcessReport& run);

}  // namespace derate::cli
