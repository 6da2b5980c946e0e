// SPDX-License-Identifier: Apache-2.0
// derate compare: two runs that were recorded.
#include "regression/compare/compare.h"

#include <memory>

#include "base/time_utc.h"
#include "cli/commands.h"
#include "cli/options/comparison_output.h"
#include "regression/compare/noise_file.h"

namespace derate::cli {
namespace {

struct CompareOptions {
  std::filesystem::path base;
  std::filesystem::path candidate;
  std::filesystem::path noise;
  ComparePlan plan;
  ComparisonOutput output;
};

ExitCode compare(CompareOptions& options) {
  require_other_files(options.output,
                      {options.base, options.base / "records.jsonl", options.candidate,
                       options.candidate / "records.jsonl", options.noise});
  if (!options.noise.empty()) options.plan.pair_spread = read_noise(options.noise);
  const std::vector<ProcessReport> base = read_processes(options.base);
  const std::vector<ProcessReport> candidate = read_processes(options.candidate);
  Comparison comparison = compare_runs(base, candidate, options.plan);
  comparison.began_utc = now_utc();
  comparison.base = options.base.string();
  comparison.candidate = options.candidate.string();
  return write_comparison(comparison, options.output);
}

}  // namespace

void add_compare(Command& app, ExitCode& end) {
  const auto options = std::make_shared<CompareOptions>();
  Command command =
      app.add_subcommand("compare", "compare two recorded runs; derate gate can tell more");
  command
      .add_option("base", options->base,
                  "records.jsonl, a folder that holds one, or Google Benchmark's JSON")
      .required();
  command.add_option("candidate", options->candidate, "the same, of what is compared").required();
  command.add_option("--noise", options->noise,
                     "what `derate noise --format json` found: how processes differ; without it "
                     "no benchmark is called slower, except in these runs");
  command.add_flag("--force", options->plan.force,
                   "compare although devices, drivers, units or build types differ");
  add_comparison_output(command, options->output);
  command.on_parse([options, &end] { end = compare(*options); });
}

}  // namespace derate::cli
