// SPDX-License-Identifier: Apache-2.0
// What `derate gate` and `derate noise` are told of how to measure, and what they share in doing
// so.
#pragma once

#include <filesystem>
#include <string>

#include "base/command_line.h"
#include "regression/run/command_template.h"
#include "regression/run/paired_runs.h"

namespace derate::cli {

struct MeasuringOptions {
  std::filesystem::path out;
  std::string filter;
  PairedRuns::Limits limits;
  bool restart = false;
};

/// --out, --filter, --timeout, --time-limit and --restart.
void add_measuring_options(Command& command, MeasuringOptions& options);

/// The regular expression for everything that is wanted. Throws Error(usage) where one was given
/// and a command has no place for it.
[[nodiscard]] std::string wanted_filter(const MeasuringOptions& options,
                                        const CommandTemplate& command);

/// hash_text() of the program that a command starts; empty where that is not known.
[[nodiscard]] std::string program_hash(const CommandTemplate& command);

/// What to say of a gate that goes on, where nobody knows whether the command's program was
/// rebuilt.
[[nodiscard]] std::string unknown_program(const CommandTemplate& command);

/// Whether both commands run the same machine code in the same way: they start the same file, or
/// equal ones that bring no libraries of their own along ($ORIGIN), with the same words behind it.
/// That file must be a program of Google Benchmark: what scripts and their interpreters run is not
/// known, nor what a command does that asks which side it is.
[[nodiscard]] bool same_program(const CommandTemplate& base, const CommandTemplate& candidate);

}  // namespace derate::cli
