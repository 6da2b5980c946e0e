// SPDX-License-Identifier: Apache-2.0
// What gate, compare and track print and write of a Comparison, and how they end.
#pragma once

#include <CLI/CLI.hpp>

#include "derate/error.h"
#include "derate/report.h"
#include "derate/verdict.h"

namespace derate::cli {

struct ComparisonOutput {
  Format format = Format::table;
};

/// The options that every such command has.
void add_comparison_output(CLI::App& command, ComparisonOutput& output);

/// Writes the files, prints the comparison, and returns the code that the program ends with.
[[nodiscard]] ExitCode write_comparison(const Comparison& comparison,
                                        const ComparisonOutput& output);

}  // namespace derate::cli
