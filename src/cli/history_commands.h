// SPDX-License-Identifier: Apache-2.0
// The sub-commands of `derate history`: each adds itself to that command.
#pragma once

#include "base/command_line.h"
#include "derate/error.h"

namespace derate::cli {

void add_history_add(Command& history, ExitCode& end);
void add_history_list(Command& history, ExitCode& end);
void add_history_show(Command& history, ExitCode& end);
void add_history_prune(Command& history, ExitCode& end);
void add_history_export(Command& history, ExitCode& end);
void add_history_import(Command& history, ExitCode& end);
void add_history_pin(Command& history, ExitCode& end);
void add_history_accepted(Command& history, ExitCode& end);
void add_history_check(Command& history, ExitCode& end);
/// The options of `derate history` itself; after the sub-commands, beside which they are refused.
void add_history_page(Command& history, ExitCode& end);

}  // namespace derate::cli
