// SPDX-License-Identifier: Apache-2.0
// Which devices, how much of which work, how often, and where the results go.
#include "cli/options/run_options.h"

#include "cli/commands.h"
#include "cli/options/bench_flags.h"
#include "derate/error.h"
#include "derate/work.h"

namespace derate::cli {

void add_run_options(Command& command, RunOptions& options) {
  command
      .add_option("--device", options.devices,
                  "auto (a GPU, or else the host), all, host, cuda, cuda:1, ...; comma-separated")
      .delimiter(',');
  command
      .add_flag("--all-devices", options.all_devices,
                "every device of the kind that auto takes: all GPUs, or the host")
      .excludes("--device");
  command.add_flag("--concurrent", options.concurrent,
                   "all chosen devices at the same time, each round together: what a shared power "
                   "or cooling budget leaves of them");
  command
      .add_option("--mode", options.mode,
                  "burst (short work on a rested device; default) or sustained (settled under "
                  "load, 3 s and more a round)")
      .one_of({"burst", "sustained"});
  command
      .add_option("--suite", options.suite,
                  "quick (default), full (more sizes), sustained (the largest size of each, "
                  "settled under load) or shapes (hundreds of sizes of gemm, for a model of its "
                  "time; one round)")
      .one_of({"quick", "full", "sustained", "shapes"});
  command
      .add_option("--problem", options.problem,
                  "m:4096,n:11008,k:4096: measure gemm in this size, and nothing else")
      .check([](const std::string& text) {
        std::string reason;
        return Problem::parse(text, &reason) ? std::string() : reason;
      })
      .excludes("--suite");
  command.add_flag("--side-by-side", options.side_by_side,
                   "own code against a library, interleaved sample by sample on the same "
                   "operands, random ones and zeros");
  command.add_option("--filter", options.filter, "only benchmarks whose name matches this regex");
  command
      .add_option("--rounds", options.rounds,
                  "repetitions of everything, each in a process of its own")
      .range(1, 1000)
      .show_default();
  command.add_flag("--tune", options.tune,
                   "first measure which configurations of its workloads the device takes best");
  command
      .add_option("--tuning", options.tuning,
                  "tuning table to take configurations from, and to keep those of --tune in "
                  "(default: the user's own), or none")
      .not_empty();
  command.add_flag_function(
      "--no-attribution", [&options] { options.attribution = false; },
      "do not measure the stages of the largest products, which tell where the rest went");
  command
      .add_option("--row-limit", options.row_limit_s,
                  "seconds after which a row is given up as hung (default: 20 times what is "
                  "announced, and 60 at least)")
      .range(0.001, 86'400.0);
  command
      .add_option("--out", options.out,
                  "folder to write to (default: derate-out/<UTC time>-<device>)")
      .not_empty();
  command.add_option("--bench", options.bench, "measuring program (default: derate_bench)")
      .not_empty();
  add_report_screen(command, options.screen);
  add_format(command, options.format);
  command.add_option("bench-flags", options.pass_on,
                     "after --: flags handed on to derate_bench, such as --derate_cache=hot");
}

void require_consistent(const RunOptions& options) {
  require_measuring(options.pass_on);
  if (options.tune && options.tuning == "none") {
    throw Error(ExitCode::usage, "--tune makes a tuning table, which --tuning none has not taken");
  }
  for (const std::string& flag : options.pass_on) {
    if (options.concurrent && flag.starts_with("--benchmark_enable_random_interleaving")) {
      throw Error(ExitCode::usage,
                  "--concurrent measures the same on all devices at the same time, which "
                  "--benchmark_enable_random_interleaving would undo");
    }
  }
}

}  // namespace derate::cli
