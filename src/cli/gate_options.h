// SPDX-License-Identifier: Apache-2.0
// What `derate gate` and `derate noise` are told of how to measure, and what they share in doing
// so.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "cli/command_template.h"
#include "cli/paired_runs.h"

namespace derate::cli {

struct MeasuringOptions {
  std::filesystem::path out;
  std::string filter;
  PairedRuns::Limits limits;
  bool restart = false;
};

/// --out, --filter, --timeout, --time-limit and --restart.
void add_measuring_options(CLI::App& command, MeasuringOptions& options);

/// The regular expression for everything that is wanted. Throws Error(usage) where one was given
/// and a command has no place for it.
[[nodiscard]] std::string wanted_filter(const MeasuringOptions& options,
                                        const CommandTemplate& command);

/// hash_text() of the program that a command starts; empty where that is not known.
[[nodiscard]] std::string program_hash(const CommandTemplate& command);

/// Whether both commands run the same machine code in the same way: the programs are the same file,
/// or equal ones that bring no libraries of their own along ($ORIGIN), and all else that stands in
/// the commands is equal. Scripts are none: what they run is not known.
[[nodiscard]] bool same_program(const CommandTemplate& base, const CommandTemplate& candidate);

}  // namespace derate::cli
