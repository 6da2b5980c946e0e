// SPDX-License-Identifier: Apache-2.0
// derate_bench: measures every registered workload on the chosen devices, in a process of its own
// that it watches over.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "autotune.h"
#include "backend/selection.h"
#include "base/signals.h"
#include "base/standard_streams.h"
#include "derate/build_info.h"
#include "derate/error.h"
#include "options.h"
#include "registration.h"
#include "watchdog.h"

namespace derate::bench {
namespace {

/// Measures, or lists what would be measured, and returns the exit code.
int measure(const Options& options) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes becomes an error of the write
  std::signal(SIGPIPE, SIG_IGN);  // `| head` is to cost neither a row nor the run
  const Drivers drivers = options.parent > 0 ? Drivers::tried : Drivers::untried;
  const Inventory inventory = probe_backends(options.devices, drivers);
  BenchmarkSet benchmarks(options, select_devices(inventory, options.devices),
                          benchmark::GetBenchmarkFilter());
  const bool first = options.part.number == 1 && !options.resume;
  // Who named a device need not be told which others there are not.
  const bool automatic =
      std::any_of(options.devices.begin(), options.devices.end(), [](const std::string& selector) {
        return selector != "host" && selector.find(':') == std::string::npos;
      });
  if (first && automatic && !options.quiet) {
    for (const std::string& absence : inventory.absences()) benchmarks.progress().say(absence);
  }
  if (first && build_info().build_type != "Release") {
    benchmarks.progress().say(fmt::format(
        "WARNING: this is a {} build; its figures say little. Build with CMAKE_BUILD_TYPE=Release.",
        build_info().build_type));
  }
  if (options.tunes && !options.lists)
    return static_cast<int>(tune(options, benchmarks.tunables()));
  if (first && !options.lists && !options.quiet) {
    for (const std::string& note : benchmarks.tuning_notes()) benchmarks.progress().say(note);
    benchmarks.progress().say(benchmarks.announcement());
  }
  if (benchmarks.empty()) return static_cast<int>(ExitCode::ok);
  benchmarks.register_all();
  benchmark::RunSpecifiedBenchmarks(".");  // only what the filter selected is registered
  benchmark::Shutdown();
  // A GPU context that faulted stays broken for the process. A fresh process goes on behind the
  // round that broke it, which is in the records file as failed.
  if (benchmarks.wants_restart() && !SignalsNoted::received()) {
    benchmarks.progress().say("the device was lost; continuing in a new process");
    options.watched.tell({WatchMessage::Event::lost});
  }
  return static_cast<int>(benchmarks.exit_code());
}

/// The exit code of `action`; what it throws is said.
template <typename Action>
int code_of(const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    // Opening a file may fail for no other reason than the signal.
    if (SignalsNoted::received()) return static_cast<int>(ExitCode::interrupted);
    say("derate_bench", error.what());
    return static_cast<int>(error.code());
  } catch (const std::filesystem::filesystem_error& error) {
    say("derate_bench", error.what());
    return static_cast<int>(ExitCode::invalid_input);
  } catch (const std::exception& error) {
    say("derate_bench", error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

/// The process that measures. A library may end it as if all had gone well: so it says that it has.
int work(const Options& options, const std::string& name) {
  ::prctl(PR_SET_NAME, std::filesystem::path(name).filename().c_str());
  const SignalsNoted signals;
  const int code = code_of([&] { return measure(options); });
  std::fflush(nullptr);
  options.watched.tell({WatchMessage::Event::finished, static_cast<double>(code)});
  return code;
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);  // parsing takes some out of argv
  const Options options = parse_options(argc, argv);
  if (options.lists) return measure(options);
  if (options.watched.pipe >= 0) return work(options, arguments.front());
  const SignalsNoted signals;
  if (options.parent > 0) note_end_of_parent(options.parent);
  return watch(arguments, options);
}

}  // namespace
}  // namespace derate::bench

int main(int argc, char** argv) {
  derate::occupy_standard_streams();
  return derate::bench::code_of([&] { return derate::bench::run(argc, argv); });
}
