// SPDX-License-Identifier: Apache-2.0
// The children of `derate estimate`: each adds itself to the command and sets `end` when it ran.
#pragma once

#include <CLI/CLI.hpp>

#include "derate/error.h"

namespace derate::cli {

void add_estimate_train(CLI::App& estimate, ExitCode& end);
void add_estimate_cost(CLI::App& estimate, ExitCode& end);
void add_estimate_gemm(CLI::App& estimate, ExitCode& end);
void add_estimate_model(CLI::App& estimate, ExitCode& end);

}  // namespace derate::cli
