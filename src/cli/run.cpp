// SPDX-License-Identifier: Apache-2.0
// derate run: measure, report, calibrate; one folder per device.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "backends/selection.h"
#include "cli/analysis.h"
#include "cli/bench_process.h"
#include "cli/commands.h"
#include "cli/output_folder.h"
#include "derate/calibration.h"
#include "derate/report.h"
#include "standard_streams.h"

namespace derate::cli {
namespace {

struct RunOptions {
  std::vector<std::string> devices = {"auto"};
  std::filesystem::path out;
  std::filesystem::path bench;
  std::string filter;
  int rounds = 5;
  Format format = Format::table;
  std::vector<std::string> pass_on;
};

std::vector<std::string> bench_arguments(const RunOptions& options, const Device& device,
                                         const std::filesystem::path& records, int round) {
  // In random order, so that no workload always follows the same one. JSON, because the console
  // format writes a banner to standard error.
  std::vector<std::string> arguments = {
      fmt::format("--derate_device={}:{}", device.backend, device.index),
      "--derate_out=" + records.string(),
      fmt::format("--derate_part={}/{}", round, options.rounds),
      fmt::format("--derate_parent={}", ::getpid()),
      "--benchmark_enable_random_interleaving=true",
      "--benchmark_format=json"};
  if (!options.filter.empty()) arguments.push_back("--benchmark_filter=" + options.filter);
  arguments.insert(arguments.end(), options.pass_on.begin(), options.pass_on.end());
  return arguments;
}

ExitCode end_of(const BenchEnd& bench) {
  if (bench.signal != 0) {
    say(fmt::format("derate: derate_bench was ended by signal {}; what was finished is kept\n",
                    bench.signal));
    return bench.signal == SIGINT ? ExitCode::interrupted : ExitCode::failed;
  }
  return static_cast<ExitCode>(bench.exit_code);
}

/// Every round is a process of its own: what a process is born with, such as where its memory lies
/// and how a library lays out its buffers, is shared by all that it measures.
ExitCode measure_rounds(const RunOptions& options, const Device& device,
                        const std::filesystem::path& records) {
  const std::filesystem::path bench = options.bench.empty() ? default_bench() : options.bench;
  const SignalsToBench signals;
  ExitCode worst = ExitCode::ok;
  for (int round = 1; round <= options.rounds; ++round) {
    const BenchEnd ended = run_bench(bench, bench_arguments(options, device, records, round));
    const ExitCode end = end_of(ended);
    if (end != ExitCode::ok) worst = end;
    if (signals.received()) return ExitCode::interrupted;
    if (ended.signal != 0 || (end != ExitCode::ok && end != ExitCode::failed)) break;
  }
  return worst;
}

/// Report and calibration from the records of one device.
void conclude(const std::filesystem::path& folder, Format format) {
  const Analysis analysis = analyse({folder}, "");
  warn_of(analysis.bad);
  write_file(folder / "report.md", render_report(analysis.rows, analysis.bad, Format::markdown));
  std::fputs(render_report(analysis.rows, analysis.bad, format).c_str(), stdout);
  std::fflush(stdout);
  std::string written = "records.jsonl, report.md";
  try {
    write_file(folder / "calibration.json", to_json(calibrate(analysis.rows)));
    written += ", calibration.json";
  } catch (const Error& error) {
    if (error.code() == ExitCode::output) throw;
    say(fmt::format("derate: no calibration: {}\n", error.what()));
  }
  // Machines read standard output; where it is a table, people do.
  const std::string where = fmt::format("\nwritten to {}/: {}\n", folder.string(), written);
  if (format == Format::table) {
    std::fputs(where.c_str(), stdout);
  } else {
    say(where);
  }
}

ExitCode run_device(const RunOptions& options, const Device& device, bool several) {
  std::filesystem::path folder = options.out.empty() ? default_folder(device) : options.out;
  if (several && !options.out.empty()) folder /= device.backend + std::to_string(device.index);
  require_writable(folder);
  const std::filesystem::path records = folder / "records.jsonl";
  const ExitCode end = measure_rounds(options, device, records);
  const bool nothing = !std::filesystem::exists(records) || std::filesystem::is_empty(records);
  if (nothing) {
    // What went wrong was said by derate_bench; an empty folder would only be in the way.
    std::error_code ignored;
    std::filesystem::remove(records, ignored);
    std::filesystem::remove(folder, ignored);
    return end == ExitCode::ok ? ExitCode::failed : end;
  }
  conclude(folder, options.format);
  return end;
}

ExitCode run(const RunOptions& options) {
  const Inventory inventory = probe_backends();
  const std::vector<Selected> selected = select_devices(inventory, options.devices);
  for (const std::string& absence : inventory.absences()) {
    say(fmt::format("derate: {}\n", absence));
  }
  ExitCode worst = ExitCode::ok;
  for (const Selected& each : selected) {
    say(fmt::format("derate: measuring {}: {}\n", each.device.selector(), each.device.name));
    const ExitCode end = run_device(options, each.device, selected.size() > 1);
    if (end != ExitCode::ok) worst = end;
    if (end != ExitCode::ok && end != ExitCode::failed) break;
  }
  return worst;
}

}  // namespace

void add_run(CLI::App& app, ExitCode& end) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "measure, report and calibrate");
  command
      ->add_option("--device", options->devices,
                   "auto (a GPU, or else the host), all, host, cuda, cuda:1, ...; comma-separated")
      ->delimiter(',');
  command->add_option("--filter", options->filter, "only benchmarks whose name matches this regex");
  command
      ->add_option("--rounds", options->rounds,
                   "repetitions of everything, each in a process of its own")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--out", options->out,
                      "folder to write to (default: derate-out/<UTC time>-<device>)");
  command->add_option("--bench", options->bench, "measuring program (default: derate_bench)");
  add_format(*command, options->format);
  command->add_option("bench-flags", options->pass_on,
                      "after --: flags handed on to derate_bench, such as --derate_cache=hot");
  command->callback([options, &end] { end = run(*options); });
}

}  // namespace derate::cli
