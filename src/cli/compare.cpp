// SPDX-License-Identifier: Apache-2.0
// derate compare: two runs that were recorded.
#include "regression/compare/compare.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/time_utc.h"
#include "cli/commands.h"
#include "cli/history_runs.h"
#include "cli/options/comparison_output.h"
#include "cli/options/metric.h"
#include "regression/compare/metric_of_runs.h"
#include "regression/compare/noise_file.h"
#include "regression/compare/run_as_process.h"
#include "regression/results/cpu_time.h"

namespace derate::cli {
namespace {

struct CompareOptions {
  std::filesystem::path base;
  std::filesystem::path candidate;
  std::vector<std::filesystem::path> more_of_base;
  std::vector<std::filesystem::path> more_of_candidate;
  std::filesystem::path noise;
  std::filesystem::path history;
  std::optional<Metric> metric = Metric::real_time;
  ComparePlan plan;
  ComparisonOutput output;
};

/// One side of a comparison: the files of its runs, and what they hold.
struct SideOfRuns {
  SideOfRuns(std::filesystem::path first, const std::vector<std::filesystem::path>& more)
      : files{std::move(first)} {
    files.insert(files.end(), more.begin(), more.end());
    for (const std::filesystem::path& file : files) runs.push_back(read_processes(file));
  }

  [[nodiscard]] std::string name() const {
    const std::string first = files.front().string();
    return files.size() == 1 ? first : fmt::format("{} and {} more", first, files.size() - 1);
  }
  [[nodiscard]] std::vector<ProcessReport> processes() const {
    std::vector<ProcessReport> all;
    for (const std::vector<ProcessReport>& run : runs)
      all.insert(all.end(), run.begin(), run.end());
    return all;
  }
  void measure_by(Metric metric) {
    for (std::vector<ProcessReport>& run : runs) run = in_metric(std::move(run), metric);
  }
  /// Every process of the only run, or a report for each run.
  [[nodiscard]] std::vector<ProcessReport> reports(bool of_runs) const {
    if (!of_runs) return runs.front();
    std::vector<ProcessReport> reports;
    for (const std::vector<ProcessReport>& run : runs) reports.push_back(run_as_process(run));
    return reports;
  }

  std::vector<std::filesystem::path> files;
  std::vector<std::vector<ProcessReport>> runs;
};

void require_other_files(const CompareOptions& options) {
  std::vector<std::filesystem::path> inputs = {options.base, options.candidate};
  inputs.insert(inputs.end(), options.more_of_base.begin(), options.more_of_base.end());
  inputs.insert(inputs.end(), options.more_of_candidate.begin(), options.more_of_candidate.end());
  const std::size_t runs = inputs.size();
  for (std::size_t at = 0; at < runs; ++at) inputs.push_back(inputs[at] / "records.jsonl");
  inputs.push_back(options.noise);
  inputs.push_back(options.history);
  require_other_files(options.output, inputs);
}

ExitCode compare(CompareOptions& options) {
  require_other_files(options);
  SideOfRuns base(options.base, options.more_of_base);
  SideOfRuns candidate(options.candidate, options.more_of_candidate);
  std::optional<MetricDecision> decided;
  if (!options.metric) decided = metric_of_runs(base.processes(), candidate.processes());
  const Metric metric = decided ? decided->metric : *options.metric;
  base.measure_by(metric);
  candidate.measure_by(metric);
  ComparePlan& plan = options.plan;
  plan.of_runs = base.runs.size() + candidate.runs.size() > 2 || !options.history.empty();
  const std::vector<ProcessReport> base_reports = base.reports(plan.of_runs);
  if (!options.noise.empty()) plan.pair_spread = read_noise(options.noise);
  if (!options.history.empty()) {
    plan.pair_spread = history_spread(options.history, base_reports.front());
    plan.spread_source = "the history's sessions";
  }
  Comparison comparison = compare_runs(base_reports, candidate.reports(plan.of_runs), plan);
  comparison.metric = metric;
  if (decided) comparison.notes.push_back(decided->sentence());
  comparison.began_utc = now_utc();
  comparison.base = base.name();
  comparison.candidate = candidate.name();
  return write_comparison(comparison, options.output);
}

}  // namespace

void add_compare(Command& app, ExitCode& end) {
  const auto options = std::make_shared<CompareOptions>();
  Command command =
      app.add_subcommand("compare", "compare two recorded runs; derate gate can tell more");
  command
      .add_option("base", options->base,
                  "records.jsonl, a folder that holds one, or JSON of Google Benchmark and others")
      .required();
  command.add_option("candidate", options->candidate, "the same, of what is compared").required();
  command.add_option("--base", options->more_of_base,
                     "another run of the base, again for each: several runs a side show how runs "
                     "differ");
  command.add_option("--candidate", options->more_of_candidate,
                     "another run of what is compared, again for each");
  Option noise = command.add_option(
      "--noise", options->noise,
      "what `derate noise --format json` found: how processes differ; without it "
      "no benchmark is called slower, except in these runs");
  command
      .add_option("--db", options->history,
                  "a history: how the sessions of each benchmark scatter on this kind of "
                  "machine is what two runs differ by")
      .excludes(noise);
  add_metric(command, options->metric);
  command.add_flag("--force", options->plan.force,
                   "compare although devices, drivers, units or build types differ");
  add_comparison_output(command, options->output);
  command.on_parse([options, &end] { end = compare(*options); });
}

}  // namespace derate::cli
