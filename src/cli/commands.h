// SPDX-License-Identifier: Apache-2.0
// The sub-commands of `derate`: each adds itself to the app and sets `end` when it ran.
#pragma once

#include <string>

#include "base/command_line.h"
#include "derate/error.h"
#include "derate/format.h"

namespace derate::cli {

void add_devices(Command& app, ExitCode& end);
void add_peak(Command& app, ExitCode& end);
void add_catalog(Command& app, ExitCode& end);
void add_run(Command& app, ExitCode& end);
void add_report(Command& app, ExitCode& end);
void add_explain(Command& app, ExitCode& end);
void add_check(Command& app, ExitCode& end);
void add_calibrate(Command& app, ExitCode& end);
void add_export(Command& app, ExitCode& end);
void add_estimate(Command& app, ExitCode& end);
void add_gate(Command& app, ExitCode& end);
void add_noise(Command& app, ExitCode& end);
void add_compare(Command& app, ExitCode& end);
void add_history(Command& app, ExitCode& end);
void add_fleet(Command& app, ExitCode& end);
void add_track(Command& app, ExitCode& end);
void add_accept(Command& app, ExitCode& end);
void add_schema(Command& app, ExitCode& end);
void add_validate(Command& app, ExitCode& end);
void add_completion(Command& app, ExitCode& end);
void add_man(Command& app, ExitCode& end);

/// --format table|markdown|csv|json, as every command with output has it.
void add_format(Command& command, Format& format);

}  // namespace derate::cli
