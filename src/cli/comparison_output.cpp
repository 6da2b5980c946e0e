// SPDX-License-Identifier: Apache-2.0
#include "cli/comparison_output.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.h"

namespace derate::cli {

void add_comparison_output(CLI::App& command, ComparisonOutput& output) {
  add_format(command, output.format);
}

ExitCode write_comparison(const Comparison& comparison, const ComparisonOutput& /*output*/) {
  for (const Judgement& judgement : comparison.judgements) {
    std::fputs(fmt::format("{}: {}: {}\n", judgement.benchmark, to_string(judgement.verdict),
                           judgement.reason)
                   .c_str(),
               stdout);
  }
  return exit_code(comparison);
}

}  // namespace derate::cli
