// SPDX-License-Identifier: Apache-2.0
// derate run: measure, report, calibrate; one folder per device.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribution/waterfall.h"
#include "backend/selection.h"
#include "base/standard_streams.h"
#include "base/system_calls.h"
#include "cli/bench_end.h"
#include "cli/commands.h"
#include "cli/options/run_options.h"
#include "cli/run_results.h"
#include "derate/record_file.h"
#include "measure/bench_processes.h"
#include "record/output_folder.h"

namespace derate::cli {
namespace {

/// A device to measure and the folder that its records go to.
struct Target {
  Device device;
  std::unique_ptr<OutputFolder> folder;
};

/// What is measured, and how: the same for tuning and for the rounds.
void add_selection(const RunOptions& options, std::vector<std::string>& arguments) {
  if (!options.mode.empty()) arguments.push_back("--derate_mode=" + options.mode);
  if (!options.suite.empty()) arguments.push_back("--derate_suite=" + options.suite);
  if (!options.problem.empty()) arguments.push_back("--derate_problem=" + options.problem);
  if (options.side_by_side) arguments.emplace_back("--derate_side_by_side");
  if (options.row_limit_s) {
    arguments.push_back(fmt::format("--derate_row_limit={}", *options.row_limit_s));
  }
  if (!options.filter.empty()) arguments.push_back("--benchmark_filter=" + options.filter);
  arguments.insert(arguments.end(), options.pass_on.begin(), options.pass_on.end());
}

std::vector<std::string> bench_arguments(const RunOptions& options, const Target& target, int round,
                                         double began_s, std::size_t at_once, bool quiet) {
  const Device& device = target.device;
  // JSON, because the console format writes a banner to standard error.
  std::vector<std::string> arguments = {
      fmt::format("--derate_device={}:{}", device.backend, device.index),
      "--derate_out=" + target.folder->records().string(),
      fmt::format("--derate_part={}/{}", round, options.rounds),
      fmt::format("--derate_began={:.3f}", began_s),
      fmt::format("--derate_parent={}", ::getpid()),
      fmt::format("--derate_devices_at_once={}", at_once),
      "--benchmark_format=json"};
  if (!options.tuning.empty()) arguments.push_back("--derate_tuning=" + options.tuning);
  if (quiet) arguments.emplace_back("--derate_quiet");
  // In random order, so that no workload always follows the same one; but several devices are to
  // do the same at the same time.
  if (at_once == 1) arguments.emplace_back("--benchmark_enable_random_interleaving=true");
  add_selection(options, arguments);
  return arguments;
}

/// Measures all targets at the same time. Every round is a process of its own: what a process is
/// born with, such as where its memory lies and how a library lays out its buffers, is shared by
/// all that it measures.
ExitCode measure_rounds(const RunOptions& options, std::span<const Target> targets) {
  const std::filesystem::path bench = options.bench.empty() ? default_bench() : options.bench;
  const SignalsNoted signals;
  std::signal(SIGTTOU,
              SIG_IGN);  // in the background of `stty tostop` nobody would serve the barrier
  const double began_s =
      std::chrono::duration<double>(system_calls().steady_now().time_since_epoch()).count();
  ExitCode worst = ExitCode::ok;
  for (int round = 1; round <= options.rounds; ++round) {
    std::vector<std::vector<std::string>> arguments;
    for (const Target& target : targets) {
      const bool quiet = !arguments.empty();  // they go in step: one of them shows how far
      arguments.push_back(bench_arguments(options, target, round, began_s, targets.size(), quiet));
    }
    const std::vector<ProcessEnd> ends = run_benches(bench, arguments);
    if (SignalsNoted::received()) {
      say("derate", fmt::format("interrupted in round {} of {}; what was finished is kept", round,
                                options.rounds));
      return ExitCode::interrupted;
    }
    bool go_on = true;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const bool recorded = targets[i].folder->grew();
      const ExitCode end = end_of_bench(bench, ends[i], recorded);
      add_end(end, worst);
      go_on = go_on && recorded && ends[i].signal == 0 && goes_on_after(end);
    }
    if (!go_on) break;
  }
  return worst;
}

/// Whether a run is to say where the rest of the peak went: a user who asks for something special,
/// such as variants side by side or a sustained load, does not get other loads in between.
bool takes_apart(const RunOptions& options) {
  return options.attribution && !options.side_by_side && !options.concurrent &&
         options.mode != "sustained" && options.suite != "sustained" && options.suite != "shapes" &&
         options.pass_on.empty();
}

/// Whether a folder holds a product by a kernel of our own, which may have stages.
bool has_own_product(const std::filesystem::path& folder) {
  bool found = false;
  read_records(folder, [&](const Record& record) {
    found =
        found || (record.workload == "gemm" && record.library.empty() && !record.samples_s.empty());
  });
  return found;
}

/// The stages of the largest products that were measured, into a file beside the records.
ExitCode take_apart(const RunOptions& options, const Target& target) {
  if (!has_own_product(target.folder->path())) return ExitCode::ok;
  say("derate", "measuring the stages of the largest products");
  const std::filesystem::path bench = options.bench.empty() ? default_bench() : options.bench;
  std::vector<std::string> arguments = {
      fmt::format("--derate_device={}:{}", target.device.backend, target.device.index),
      "--derate_out=" + (target.folder->path() / kStagesFile).string(),
      fmt::format("--derate_parent={}", ::getpid()),
      "--derate_stages",
      "--derate_allow_empty",
      "--derate_quiet",
      "--benchmark_format=json"};
  if (!options.tuning.empty()) arguments.push_back("--derate_tuning=" + options.tuning);
  add_selection(options, arguments);
  if (options.filter.empty()) arguments.emplace_back("--benchmark_filter=/gemm/");
  const SignalsNoted signals;
  const ProcessEnd end = run_benches(bench, {arguments}).front();
  if (SignalsNoted::received()) return ExitCode::interrupted;
  return end_of_bench(bench, end, true);
}

/// Has a tuning table made of what is to be measured, for the rounds to take.
ExitCode tune(const RunOptions& options, std::span<const Selected> selected) {
  const std::filesystem::path bench = options.bench.empty() ? default_bench() : options.bench;
  std::vector<std::string> arguments = {
      options.tuning.empty() ? "--derate_tune" : "--derate_tune=" + options.tuning,
      fmt::format("--derate_parent={}", ::getpid())};
  for (const Selected& each : selected) {
    arguments.push_back(
        fmt::format("--derate_device={}:{}", each.device.backend, each.device.index));
  }
  add_selection(options, arguments);
  const SignalsNoted signals;
  const ProcessEnd end = run_benches(bench, {arguments}).front();
  return SignalsNoted::received() ? ExitCode::interrupted : end_of_bench(bench, end, true);
}

Target open_target(const RunOptions& options, const Device& device, bool several) {
  std::filesystem::path path = options.out.empty() ? default_folder(device) : options.out;
  if (several && !options.out.empty()) path /= device.backend + std::to_string(device.index);
  auto folder = std::make_unique<OutputFolder>(path, device);
  if (folder->had_records()) {
    say("derate", fmt::format("{} holds records already: these are added to them", path.string()));
  }
  return {device, std::move(folder)};
}

/// Measures these devices at the same time, and reports one after the other.
ExitCode run_devices(const RunOptions& options, std::span<const Selected> selected, bool several) {
  std::vector<Target> targets;
  for (const Selected& each : selected) {
    say("derate", fmt::format("measuring {}: {}", each.device.selector(), each.device.name));
    targets.push_back(open_target(options, each.device, several));
  }
  ExitCode end = measure_rounds(options, targets);
  for (const Target& target : targets) {
    if (!target.folder->grew()) continue;
    if (goes_on_after(end) && takes_apart(options)) add_end(take_apart(options, target), end);
    try {
      add_end(write_results(target.folder->path(), options.format, options.screen), end);
    } catch (const Error& error) {  // the others get their reports all the same
      say("derate", error.what());
      add_end(error.code(), end);
    }
  }
  return end;
}

/// What the user means; with --all-devices every device of the kind that "auto" takes.
std::vector<Selected> selected_devices(const RunOptions& options, const Inventory& inventory) {
  if (!options.all_devices) return select_devices(inventory, options.devices);
  const std::vector<Selected> first = select_devices(inventory, {"auto"});
  return select_devices(inventory, {first.front().device.backend});
}

ExitCode run(const RunOptions& options) {
  require_consistent(options);
  const Inventory inventory =
      options.all_devices ? probe_backends() : probe_backends(options.devices);
  const std::vector<Selected> selected = selected_devices(options, inventory);
  for (const std::string& absence : inventory.absences()) {
    say("derate", absence);
  }
  ExitCode worst = ExitCode::ok;
  if (options.tune) add_end(tune(options, selected), worst);
  if (!goes_on_after(worst)) return worst;
  const bool several = selected.size() > 1;
  if (options.concurrent && several) {
    add_end(run_devices(options, selected, several), worst);
    return worst;
  }
  if (options.concurrent) say("derate", "--concurrent: there is only one device, measured alone");
  for (const Selected& each : selected) {
    const ExitCode end = run_devices(options, std::span(&each, 1), several);
    add_end(end, worst);
    if (!goes_on_after(end)) break;
  }
  return worst;
}

}  // namespace

void add_run(Command& app, ExitCode& end) {
  const auto options = std::make_shared<RunOptions>();
  Command command = app.add_subcommand("run", "measure, report and calibrate");
  add_run_options(command, *options);
  command.on_parse([options, command, &end] {
    // Hundreds of shapes are to be fitted by a model, which levels out what moves between rounds.
    if (options->suite == "shapes" && !command.given("--rounds")) options->rounds = 1;
    end = run(*options);
  });
}

}  // namespace derate::cli
