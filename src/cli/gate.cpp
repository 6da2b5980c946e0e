// SPDX-License-Identifier: Apache-2.0
// derate gate: whether one build of a program is slower than another.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/signals.h"
#include "cli/commands.h"
#include "cli/options/comparison_output.h"
#include "cli/options/measuring.h"
#include "cli/options/metric.h"
#include "cli/options/percent.h"
#include "instructions/layout_note.h"
#include "regression/run/builds.h"
#include "regression/run/gate_run.h"

namespace derate::cli {
namespace {

struct GateOptions {
  GateRequest request;
  ComparisonOutput output;
};

void require_sense(const GatePlan& plan) {
  if (plan.smallest_effect < plan.promise) return;
  throw Error(ExitCode::usage,
              fmt::format("--smallest-effect {:g}% is not below --promise {:g}%: the "
                          "promised slowdown would be no regression",
                          100 * plan.smallest_effect, 100 * plan.promise));
}

void require_sense(const std::string& option, const std::vector<std::string>& commands,
                   const RunOptions& measuring) {
  const Builds builds = builds_of(commands);
  for (const CommandTemplate& build : builds) static_cast<void>(wanted_filter(measuring, build));
  require_different(option, builds);
}

ExitCode gate(GateOptions& options) {
  GateRequest& request = options.request;
  request.plan.equivalence_margin = request.plan.smallest_effect;
  require_sense(request.plan);
  require_sense("--base", request.base, request.measuring);
  require_sense("--candidate", request.candidate, request.measuring);
  if (request.measuring.out.empty()) request.measuring.out = default_folder("gate");
  const std::filesystem::path& out = request.measuring.out;
  require_other_files(options.output, {out / "gate.json", out / "gate" / "processes.jsonl"});
  const SignalsNoted signals;
  std::optional<Comparison> comparison;
  {
    RunFolder store(request.measuring.out, "gate", statement_of(request),
                    request.measuring.restart);
    GateProgress progress("gate");
    comparison = run_gate(request, store, progress);
    if (!comparison) {
      progress.say(
          fmt::format("interrupted; what was finished is kept in {}: the same command with "
                      "--out {} resumes",
                      request.measuring.out.string(), request.measuring.out.string()));
      return ExitCode::interrupted;
    }
  }
  note_same_instructions(builds_of(request.base), builds_of(request.candidate), *comparison);
  return write_comparison(*comparison, options.output);
}

}  // namespace

void add_gate(Command& app, ExitCode& end) {
  auto options = std::make_shared<GateOptions>();
  GateRequest& request = options->request;
  Command command = app.add_subcommand(
      "gate", "compare two builds: run both in pairs of processes and find what became slower");
  command
      .add_option("--base", request.base,
                  "command that measures what is compared with: a shell command in which {out} "
                  "stands for the file to write and {filter} for a regular expression, or the "
                  "path of a program; given again for each further build of the same sources")
      .required()
      .repeatable()
      .type_name("CMD");
  command.add_option("--candidate", request.candidate, "the same of what is compared")
      .required()
      .repeatable()
      .type_name("CMD");
  GatePlan& plan = request.plan;
  command.add_option("--pairs", plan.screen_pairs, "pairs of processes that run every benchmark")
      .range(3, 1000)
      .show_default();
  command
      .add_option("--confirm-pairs", plan.confirm_pairs, "fresh pairs that run what looked changed")
      .range(3, kMostPairs)
      .show_default();
  add_share(command, "--promise", plan.promise, "the slowdown that must be detected");
  add_share(command, "--smallest-effect", plan.smallest_effect,
            "a smaller change is no regression, however sure");
  add_metric(command, request.measuring.metric);
  add_measuring_options(command, request.measuring);
  command.add_flag("--force", request.force,
                   "compare although devices, drivers, units or build types differ");
  add_comparison_output(command, options->output);
  command.on_parse([options, &end] { end = gate(*options); });
}

}  // namespace derate::cli
