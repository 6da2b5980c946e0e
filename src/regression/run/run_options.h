// SPDX-License-Identifier: Apache-2.0
// How the processes of a gate are measured, and what is known of the programs that they run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "regression/metric.h"
#include "regression/run/command_template.h"
#include "regression/run/paired_runs.h"

namespace derate {

struct RunOptions {
  std::filesystem::path out;
  std::string filter;
  std::optional<Metric> metric = Metric::real_time;  ///< that is judged; nothing for auto
  PairedRuns::Limits limits;
  std::optional<std::int64_t> seed;  ///< of the order of the pairs; else one by chance
  bool restart = false;
};

/// The regular expression for everything that is wanted. Throws Error(usage) where one was given
/// and a command has no place for it.
[[nodiscard]] std::string wanted_filter(const RunOptions& options, const CommandTemplate& command);

/// The metric as --metric takes it: "auto" for none.
[[nodiscard]] std::string_view word_of(std::optional<Metric> metric);

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

}  // namespace derate
