// SPDX-License-Identifier: Apache-2.0
// derate_bench: measures every registered workload on the chosen devices.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

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

namespace derate::bench {
namespace {

/// A GPU context that faulted stays broken for the process. A fresh process goes on behind the
/// round that broke it, which is in the records file as failed.
void restart(std::vector<std::string> arguments, const Options& options) {
  if (!options.resume) arguments.emplace_back("--derate_resume");
  arguments.push_back("--derate_run=" + options.run);
  std::vector<char*> raw;
  raw.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  ::execv("/proc/self/exe", raw.data());
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);  // parsing takes some out of argv
  const Options options = parse_options(argc, argv);
  const SignalsNoted signals(SignalsNoted::Second::ends_the_program);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes becomes an error of the write
  if (options.parent > 0) note_end_of_parent(options.parent);
  const Inventory inventory = probe_backends();
  BenchmarkSet benchmarks(options, select_devices(inventory, options.devices),
                          benchmark::GetBenchmarkFilter());
  // Who named a device need not be told which others there are not.
  const bool automatic =
      std::any_of(options.devices.begin(), options.devices.end(), [](const std::string& selector) {
        return selector != "host" && selector.find(':') == std::string::npos;
      });
  if (automatic && !options.quiet) {
    for (const std::string& absence : inventory.absences()) benchmarks.progress().say(absence);
  }
  if (build_info().build_type != "Release") {
    benchmarks.progress().say(fmt::format(
        "WARNING: this is a {} build; its figures say little. Build with CMAKE_BUILD_TYPE=Release.",
        build_info().build_type));
  }
  if (options.tunes && !options.lists)
    return static_cast<int>(tune(options, benchmarks.tunables()));
  if (options.part.number == 1 && !options.resume && !options.lists && !options.quiet) {
    for (const std::string& note : benchmarks.tuning_notes()) benchmarks.progress().say(note);
    benchmarks.progress().say(benchmarks.announcement());
  }
  benchmarks.register_all();
  benchmark::RunSpecifiedBenchmarks(".");  // only what the filter selected is registered
  benchmark::Shutdown();
  if (benchmarks.wants_restart() && !SignalsNoted::received()) {
    benchmarks.progress().say("the device was lost; continuing in a new process");
    std::fflush(nullptr);
    restart(arguments, options);
  }
  return static_cast<int>(benchmarks.exit_code());
}

}  // namespace
}  // namespace derate::bench

int main(int argc, char** argv) {
  derate::occupy_standard_streams();
  try {
    return derate::bench::run(argc, argv);
  } catch (const derate::Error& error) {
    // Opening a file may fail for no other reason than the signal.
    if (derate::SignalsNoted::received()) return static_cast<int>(derate::ExitCode::interrupted);
    std::fprintf(stderr, "derate_bench: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::filesystem::filesystem_error& error) {
    std::fprintf(stderr, "derate_bench: %s\n", error.what());
    return static_cast<int>(derate::ExitCode::invalid_input);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "derate_bench: %s\n", error.what());
    return static_cast<int>(derate::ExitCode::failed);
  }
}
