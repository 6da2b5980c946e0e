// SPDX-License-Identifier: Apache-2.0
// The options of `derate gate` and `derate noise` on how to measure.
#pragma once

#include "base/command_line.h"
#include "regression/run/run_options.h"

namespace derate::cli {

/// --out, --filter, --timeout, --time-limit, --seed and --restart.
void add_measuring_options(Command& command, RunOptions& options);

}  // namespace derate::cli
