// SPDX-License-Identifier: Apache-2.0
// What a history holds of a device, for derate check.
#pragma once

#include <filesystem>

#include "report/earlier_runs.h"

namespace derate::cli {

/// Adds what the newest sessions of the history hold; nothing where there is no history. Empty
/// means the usual file. One that cannot be read is left out with a sentence on standard error,
/// unless it was named: then it throws Error.
void add_history_runs(EarlierRuns& earlier, const std::filesystem::path& named);

}  // namespace derate::cli
