// SPDX-License-Identifier: Apache-2.0
// The sub-commands of `derate history`: each adds itself to that command.
#pragma once

#include <CLI/CLI.hpp>

#include "derate/error.h"

namespace derate::cli {

void add_history_add(CLI::App& history, ExitCode& end);
void add_history_list(CLI::App& history, ExitCode& end);
void add_history_show(CLI::App& history, ExitCode& end);
void add_history_prune(CLI::App& history, ExitCode& end);
void add_history_export(CLI::App& history, ExitCode& end);
void add_history_import(CLI::App& history, ExitCode& end);
void add_history_pin(CLI::App& history, ExitCode& end);
void add_history_accepted(CLI::App& history, ExitCode& end);
void add_history_check(CLI::App& history, ExitCode& end);

}  // namespace derate::cli
