// SPDX-License-Identifier: Apache-2.0
// What gate, compare and track print and write of a Comparison, and how they end.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "derate/error.h"
#include "derate/format.h"
#include "regression/verdict.h"

namespace derate::cli {

/// A file for another program.
struct ComparisonFile {
  std::string form;
  std::filesystem::path path;
};

struct ComparisonOutput {
  Format format = Format::table;
  bool all = false;  ///< the unchanged ones too, for people
  std::vector<ComparisonFile> files;
  /// Annotations, and a summary of the job: where GitHub runs this, unless told otherwise.
  bool github = false;
  std::vector<Verdict> fail_on = {Verdict::regression, Verdict::invalid, Verdict::not_comparable,
                                  Verdict::inconclusive, Verdict::environment};
};

/// The options that every such command has.
void add_comparison_output(Command& command, ComparisonOutput& output);

/// Throws Error(usage) where a file to be written is one of `inputs`, which the command reads, or
/// is written twice.
void require_other_files(const ComparisonOutput& output,
                         const std::vector<std::filesystem::path>& inputs);

/// Writes the files, prints the comparison, and returns the code that the program ends with. `html`
/// makes the page of a command that has more to show on it than the comparison.
[[nodiscard]] ExitCode write_comparison(const Comparison& comparison,
                                        const ComparisonOutput& output,
                                        const std::function<std::string()>& html = {});

}  // namespace derate::cli
