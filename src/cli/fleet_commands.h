// SPDX-License-Identifier: Apache-2.0
// The sub-commands of `derate fleet`: each adds itself to the command and sets `end` when it ran.
#pragma once

#include "base/command_line.h"
#include "derate/error.h"

namespace derate::cli {

/// `app` is derate's own command, whose `run` says which options there are.
void add_fleet_run(Command& fleet, ExitCode& end);
void add_fleet_node(Command& fleet, ExitCode& end);
void add_fleet_gather(Command& fleet, ExitCode& end);
void add_fleet_links(Command& fleet, ExitCode& end);
void add_fleet_report(Command& fleet, ExitCode& end);
void add_fleet_track(Command& fleet, ExitCode& end);

}  // namespace derate::cli
