// SPDX-License-Identifier: Apache-2.0
// The children of `derate estimate`: each adds itself to the command and sets `end` when it ran.
#pragma once

#include "base/command_line.h"
#include "derate/error.h"

namespace derate::cli {

void add_estimate_train(Command& estimate, ExitCode& end);
void add_estimate_cost(Command& estimate, ExitCode& end);
void add_estimate_gemm(Command& estimate, ExitCode& end);
void add_estimate_model(Command& estimate, ExitCode& end);
void add_estimate_parameters(Command& estimate, ExitCode& end);
void add_estimate_serve(Command& estimate, ExitCode& end);
void add_estimate_layout(Command& estimate, ExitCode& end);

}  // namespace derate::cli
