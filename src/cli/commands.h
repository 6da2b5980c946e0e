// SPDX-License-Identifier: Apache-2.0
// The sub-commands of `derate`: each adds itself to the app and sets `end` when it ran.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "derate/error.h"
#include "derate/report.h"

namespace derate::cli {

void add_devices(CLI::App& app, ExitCode& end);
void add_peak(CLI::App& app, ExitCode& end);
void add_catalog(CLI::App& app, ExitCode& end);
void add_run(CLI::App& app, ExitCode& end);
void add_report(CLI::App& app, ExitCode& end);
void add_calibrate(CLI::App& app, ExitCode& end);
void add_export(CLI::App& app, ExitCode& end);
void add_estimate(CLI::App& app, ExitCode& end);
void add_gate(CLI::App& app, ExitCode& end);
void add_noise(CLI::App& app, ExitCode& end);
void add_compare(CLI::App& app, ExitCode& end);
void add_schema(CLI::App& app, ExitCode& end);
void add_validate(CLI::App& app, ExitCode& end);

/// --format table|markdown|csv|json, as every command with output has it.
void add_format(CLI::App& command, Format& format);

/// A check for options of which nothing at all is most likely a script's variable that was not set.
[[nodiscard]] std::string refuse_nothing(const std::string& text);

}  // namespace derate::cli
