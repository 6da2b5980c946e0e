// SPDX-License-Identifier: Apache-2.0
// Runs measuring programs, one or several at the same time: those of several devices begin each of
// their rounds together.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.h"

namespace derate {

/// Runs `program` once for each list of arguments, all at the same time, and returns how each
/// ended. Standard output is dropped, progress on standard error is shown, signals are passed on.
/// Where there are several, each gets `--derate_barrier=READ,WRITE` as well: it writes a byte to
/// the one file descriptor before each of its rounds and begins when it can read one from the
/// other, which is when all that still run have written. Starts nothing when a signal came before.
/// Throws as Process does; what was started then is ended.
[[nodiscard]] std::vector<ProcessEnd> run_benches(
    const std::filesystem::path& program, const std::vector<std::vector<std::string>>& arguments);

/// derate_bench beside the running program.
[[nodiscard]] std::filesystem::path default_bench();

}  // namespace derate
