// SPDX-License-Identifier: Apache-2.0
// How a measuring program ended, for commands that start one: what to say, and what to end with.
#pragma once

#include <filesystem>

#include "base/process.h"
#include "derate/error.h"

namespace derate::cli {

/// Says how the measuring program ended where that program did not say it itself.
[[nodiscard]] ExitCode end_of_bench(const std::filesystem::path& program, const ProcessEnd& bench,
                                    bool recorded);

/// A row that is wrong is the least of reasons to end with another code than 0.
void add_end(ExitCode end, ExitCode& worst);

/// Whether there is a point in measuring further.
[[nodiscard]] bool goes_on_after(ExitCode end);

}  // namespace derate::cli
