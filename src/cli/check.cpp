// SPDX-License-Identifier: Apache-2.0
// derate check: does this device do as it should? A short measurement, or given records, against
// what is usual elsewhere, what it delivered earlier, and what its driver reports.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/kept_streams.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/history_runs.h"
#include "record/load.h"
#include "record/output_folder.h"
#include "report/device_check.h"

namespace derate::cli {
namespace {

namespace fs = std::filesystem;

/// The rows that a class is judged by.
constexpr const char* kFilter =
    "/(fma_chain|mma_chain|memory_triad|launch|gemm/(openblas|cublas|cublas_lt)|"
    "memory_(read|latency)/DRAM|transfer/pinned_to_device)/";

struct CheckOptions {
  std::vector<fs::path> files;
  std::string device;
  fs::path reference;
  fs::path out;
  fs::path history;
  fs::path termination_log = "/dev/termination-log";
  bool quick = false;
  bool validator = false;
  Format format = Format::table;
};

/// The records in a folder, or of several devices in its folders.
std::vector<fs::path> records_in(const fs::path& folder) {
  if (fs::exists(folder / "records.jsonl")) return {folder};
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / "records.jsonl")) found.push_back(entry.path());
  }
  return found;
}

/// `derate run` with one or two short rounds into a folder of its own. Throws Error where it did
/// not end as a measurement does.
std::vector<fs::path> measure(const CheckOptions& options) {
  const fs::path folder = options.out.empty() ? default_folder("check") : options.out;
  if (fs::exists(folder)) {
    throw Error(ExitCode::usage,
                fmt::format("--out {} is there already: a check measures into a folder of its own",
                            folder.string()));
  }
  Launch launch;
  launch.program = fs::read_symlink("/proc/self/exe");
  launch.name = "derate";
  launch.arguments = {"run",
                      "--rounds",
                      options.quick ? "1" : "2",
                      "--filter",
                      kFilter,
                      "--device",
                      options.device.empty() ? "auto" : options.device,
                      "--out",
                      folder.string(),
                      "--format",
                      "json"};
  const SignalsNoted signals;
  const ProcessEnd end = Process(launch).wait();
  if (SignalsNoted::received()) throw Error(ExitCode::interrupted, "interrupted");
  const auto code = static_cast<ExitCode>(end.exit_code);
  if ((code != ExitCode::ok && code != ExitCode::failed) || !fs::exists(folder)) {
    throw Error(code == ExitCode::ok ? ExitCode::failed : code,
                "nothing is judged, since the measurement did not end");
  }
  return records_in(folder);
}

/// Validators of Kubernetes end with 0 passed, 1 failed, 2 not judged.
ExitCode end_of(DeviceState state, bool as_validator) {
  constexpr auto kNotJudged = static_cast<ExitCode>(2);
  if (state == DeviceState::healthy) return ExitCode::ok;
  if (state == DeviceState::slow) return ExitCode::failed;
  return as_validator ? kNotJudged : ExitCode::inconclusive;
}

/// Where a cluster reads why a container ended; elsewhere there is no such file.
void tell_cluster(const fs::path& log, const std::string& text) {
  std::error_code unknown;
  if (!fs::exists(log, unknown)) return;
  std::ofstream(log) << text;
}

ExitCode check(const CheckOptions& options) {
  const References references =
      options.reference.empty() ? References::built_in() : References::of_file(options.reference);
  const bool measures = options.files.empty();
  if (options.quick && !measures) {
    throw Error(ExitCode::usage, "--quick is of a measurement, and here are records");
  }
  const std::vector<fs::path> files = measures ? measure(options) : options.files;
  const Analysis analysis = analyse(files, measures ? "" : options.device);
  warn_of(analysis.bad);
  warn_of_duplicates(analysis.duplicates);
  EarlierRuns earlier(files);
  add_history_runs(earlier, options.history);
  const std::vector<DeviceCheck> checks = check_devices(analysis.rows, references, earlier);
  write_checks(standard_output(), checks, options.format);
  const DeviceState state = worst_of(checks);
  if (options.validator) tell_cluster(options.termination_log, verdict_lines(checks));
  return end_of(state, options.validator);
}

}  // namespace

void add_check(Command& app, ExitCode& end) {
  const auto options = std::make_shared<CheckOptions>();
  Command command = app.add_subcommand(
      "check",
      "does this device deliver what is usual? Exit code 0 healthy, 1 slow, 4 disturbed or "
      "not known");
  command.add_option("files", options->files,
                     "records.jsonl files, or folders that hold one; without any it measures");
  command.add_option("--device", options->device,
                     "only this device: host, cuda:1, an id, or a part of its name");
  command
      .add_option("--reference", options->reference,
                  "what is usual: a file of the columns of data/reference.csv in its place")
      .not_empty();
  command
      .add_option("--out", options->out,
                  "folder to measure into (default: derate-out/<UTC time>-check)")
      .not_empty();
  command
      .add_option("--db", options->history,
                  "the history that may hold earlier runs; else the one of derate history")
      .not_empty();
  command.add_flag("--quick", options->quick,
                   "measure one round instead of two: half of the time, and wider intervals");
  command.add_flag("--validator", options->validator,
                   "end as a validator of Kubernetes: 0 passed, 1 failed, 2 not judged, with the "
                   "reason in /dev/termination-log");
  command
      .add_option("--termination-log", options->termination_log,
                  "the file that --validator writes the reason to, where it is there")
      .not_empty();
  add_format(command, options->format);
  command.on_parse([options, &end] { end = check(*options); });
}

}  // namespace derate::cli
