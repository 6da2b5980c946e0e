// SPDX-License-Identifier: Apache-2.0
// derate noise: one build against itself, to learn what a gate can promise here.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>

#include "base/signals.h"
#include "cli/commands.h"
#include "cli/options/measuring.h"
#include "cli/options/metric.h"
#include "cli/options/percent.h"
#include "regression/run/noise_report.h"

namespace derate::cli {
namespace {

struct NoiseOptions {
  std::string command;
  int pairs = 20;
  double require = kUnknown;
  RunOptions measuring;
  Format format = Format::table;
};

/// One pair after the other, in the first stage of a gate whose sides are the same.
StageEnd measure(const NoiseOptions& options, RunFolder& store, MetricChoice& metric,
                 GateProgress& progress, double& process_s) {
  const CommandTemplate command(options.command);
  const std::string filter = wanted_filter(options.measuring, command);
  PairedRuns runs({command}, {command}, options.measuring.limits, store, metric, progress);
  if (!store.has_pair(GateStage::screen, options.pairs - 1)) {
    progress.say(fmt::format("{} pairs of processes of one command", options.pairs));
  }
  StageEnd end = runs.run({GateStage::screen, options.pairs, {filter}, {filter}});
  process_s = runs.mean_process_s(GateStage::screen);
  return end;
}

ExitCode end_of(const NoiseOptions& options, const NoiseReport& report) {
  if (report.any_fault()) return ExitCode::invalid_input;
  if (std::isnan(options.require) || report.holds()) return ExitCode::ok;
  return ExitCode::inconclusive;
}

ExitCode noise(NoiseOptions& options) {
  static_cast<void>(wanted_filter(options.measuring, CommandTemplate(options.command)));
  GatePlan plan;
  if (!std::isnan(options.require)) plan.promise = options.require;
  if (plan.promise <= plan.smallest_effect) {
    throw Error(ExitCode::usage,
                fmt::format("--require {:g}%: a gate calls nothing below {:g} % a regression",
                            100 * plan.promise, 100 * plan.smallest_effect));
  }
  if (options.measuring.out.empty()) options.measuring.out = default_folder("noise");
  const SignalsNoted signals;
  GateProgress progress("noise");
  nlohmann::ordered_json statement = {{"schema", kRunSchema},
                                      {"command", options.command},
                                      {"program", program_hash(CommandTemplate(options.command))},
                                      {"filter", options.measuring.filter},
                                      {"metric", word_of(options.measuring.metric)},
                                      {"pairs", options.pairs}};
  if (options.measuring.seed) statement["seed"] = *options.measuring.seed;
  RunFolder store(options.measuring.out, "noise", statement, options.measuring.restart);
  const CommandTemplate command(options.command);
  if (store.count(GateStage::screen) > 0 && command.program().empty()) {
    progress.say(unknown_program(command));
  }
  MetricChoice metric(options.measuring.metric, store);
  double process_s = kUnknown;
  const StageEnd end = measure(options, store, metric, progress, process_s);
  if (end.interrupted) {
    progress.say(
        fmt::format("interrupted; what was finished is kept in {}: the same command with "
                    "--out {} resumes",
                    options.measuring.out.string(), options.measuring.out.string()));
    return ExitCode::interrupted;
  }
  if (!end.lost.empty()) throw Error(ExitCode::invalid_input, end.lost);
  if (!end.cut.empty()) progress.say(end.cut);
  if (end.pairs.size() < 3) {
    throw Error(ExitCode::invalid_input, "fewer than 3 pairs were measured: too few to tell noise");
  }
  const Pairing pairing = pair_up(
      {.screen = end.pairs, .confirm = {}, .confirmed = {}, .force = false, .same_program = true});
  if (const std::string chosen = metric.sentence(); !chosen.empty()) progress.say(chosen);
  NoiseReport report = noise_of(pairing, plan, static_cast<int>(end.pairs.size()), process_s);
  report.metric = metric.metric();
  write_noise(report, options.format);
  return end_of(options, report);
}

}  // namespace

void add_noise(Command& app, ExitCode& end) {
  auto options = std::make_shared<NoiseOptions>();
  Command command = app.add_subcommand(
      "noise", "run one build against itself: which slowdown a gate can promise to find here");
  command
      .add_option("--command", options->command,
                  "command that measures, as in derate gate: with {out} and {filter}, or the path "
                  "of a program")
      .required()
      .type_name("CMD");
  command.add_option("--pairs", options->pairs, "pairs of processes")
      .range(3, kMostPairs)
      .show_default();
  add_share(command, "--require", options->require,
            "end with code 4 unless a slowdown of this size would be found in every benchmark")
      .default_text("");
  add_metric(command, options->measuring.metric);
  add_measuring_options(command, options->measuring);
  add_format(command, options->format);
  command.on_parse([options, &end] { end = noise(*options); });
}

}  // namespace derate::cli
