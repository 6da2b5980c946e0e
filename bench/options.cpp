// SPDX-License-Identifier: Apache-2.0
// Parses the command line into Options and refuses values outside their range. Two of Google
// Benchmark's flags are read here as well, since the library does not give their values.
#include "options.h"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <string_view>

#include "base/command_line.h"
#include "base/help_text.h"
#include "base/line_width.h"
#include "base/terminal.h"
#include "derate/build_info.h"
#include "derate/error.h"
#include "problem_option.h"
#include "record_context.h"

namespace derate::bench {
namespace {

constexpr int kMostProcesses = 4'194'304;  ///< of Linux: a process number is below
constexpr double kLongest_s = 86'400;      ///< of one round; nobody waits for more than a day

/// Value of the last `--name=value` on the command line. Google Benchmark does not tell the values
/// of its flags, and these two must steer our own sampler.
std::optional<std::string_view> flag(int argc, char** argv, std::string_view name) {
  std::optional<std::string_view> value;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      value = argument.substr(name.size() + 1);
    }
  }
  return value;
}

bool has_flag(int argc, char** argv, std::string_view name) {
  return std::any_of(argv, argv + argc, [&](const char* argument) {
    return std::string_view(argument).starts_with(name);
  });
}

template <typename T>
T number(std::string_view text, std::string_view name) {
  T value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool only_unit = end == text.data() + text.size() || std::string_view(end) == "s";
  if (failed != std::errc{} || !only_unit || value < 0 || !std::isfinite(double(value))) {
    throw Error(ExitCode::usage, fmt::format("{} needs a number, not \"{}\"", name, text));
  }
  return value;
}

/// Refuses a value that is not above 0, finite, and at most what makes sense.
void up_to(double most, Option option) {
  const auto check = [most](const std::string& text) -> std::string {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [read_to, failed] = std::from_chars(text.data(), end, value);
    if (failed == std::errc{} && read_to == end && value > 0 && value <= most) return "";
    return fmt::format("needs a number above 0 and at most {:.0f}, not \"{}\"", most, text);
  };
  option.check(check, fmt::format("(0..{:.0f}]", most));
}

/// "2/5"
void read_part(const std::string& text, Part& part) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) throw Error(ExitCode::usage, "--derate_part needs K/N");
  const std::string_view view = text;
  part.number = number<int>(view.substr(0, slash), "--derate_part");
  part.of = number<int>(view.substr(slash + 1), "--derate_part");
  constexpr int kMostParts = 100'000;
  if (part.number < 1 || part.number > part.of || part.of > kMostParts) {
    throw Error(ExitCode::usage,
                fmt::format("--derate_part needs K/N with 1 <= K <= N <= {}", kMostParts));
  }
}

/// "5,6"
ProcessBarrier barrier(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos) throw Error(ExitCode::usage, "--derate_barrier needs READ,WRITE");
  const std::string_view view = text;
  return {number<int>(view.substr(0, comma), "--derate_barrier"),
          number<int>(view.substr(comma + 1), "--derate_barrier")};
}

const std::map<std::string, Suite> kSuites = {{"quick", Suite::quick},
                                              {"full", Suite::full},
                                              {"sustained", Suite::sustained},
                                              {"shapes", Suite::shapes}};

/// What a user set of the plan; the rest is the mode's.
struct Given {
  std::optional<Mode> mode;
  CachePolicy cache = CachePolicy::cold;
  std::optional<double> min_time_s;
  std::optional<double> time_limit_s;
  std::optional<int> min_samples;
  std::optional<double> target_half_width;

  [[nodiscard]] Plan plan(Suite suite) const {
    Plan plan = plan_of(suite, mode);
    plan.operands.cache = cache;
    plan.min_time_s = min_time_s.value_or(plan.min_time_s);
    plan.time_limit_s = time_limit_s.value_or(plan.time_limit_s);
    plan.min_samples = min_samples.value_or(plan.min_samples);
    plan.target_half_width = target_half_width.value_or(plan.target_half_width);
    return plan;
  }
};

void add_flags(Command& app, Options& options, Given& given) {
  app.take_last();  // so that what derate run sets can be set again behind --
  app.add_option("--derate_device", options.devices,
                 "auto (a GPU, or else the host), all, host, cuda, cuda:1, ...; comma-separated")
      .delimiter(',')
      .take_all();
  app.add_option("--derate_out", options.out, "append one JSON line per round to this file");
  app.add_option("--derate_run", options.run, "name of this run in the records");
  app.add_flag("--derate_resume", options.resume, "skip rounds of this run that are in the file");
  app.add_option_function(
      "--derate_part", [&](const std::string& text) { read_part(text, options.part); },
      "K/N: this is process K of N that share one measurement; for the progress");
  app.add_option("--derate_began", options.part.began_s,
                 "steady-clock time in s at which the first of these processes began; for the "
                 "progress")
      .range(0.0, 1e12);
  app.add_option_function(
      "--derate_barrier", [&](const std::string& text) { options.barrier = barrier(text); },
      "READ,WRITE: file descriptors by which derate lets several processes begin rounds together");
  app.add_option("--derate_parent", options.parent,
                 "end as by Ctrl-C when this process, derate, has ended")
      .range(1, kMostProcesses);
  app.add_option("--derate_worker", options.watched.pipe,
                 "file descriptor to tell derate_bench by, which watches over this process")
      .range(0, kMostProcesses);
  app.add_option("--derate_failed", options.failed,
                 "NAME REASON: record this row as failed, as it ended the process before this one");
  app.add_flag("--derate_quiet", options.quiet, "no progress on standard error");
  app.add_option_function(
         "--derate_cache",
         [&](const std::string& word) {
           given.cache = word == "hot" ? CachePolicy::hot : CachePolicy::cold;
         },
         "operands: cold (rotated beyond the last-level cache) or hot")
      .one_of({"cold", "hot"});
  app.add_option_function(
         "--derate_data",
         [&](const std::string& word) {
           options.data = word == "zeros" ? DataPattern::zeros : DataPattern::uniform;
         },
         "operands: uniform (random) or zeros; without it, what each workload asks for")
      .one_of({"uniform", "zeros"});
  app.add_option_function(
         "--derate_suite", [&](const std::string& word) { options.suite = kSuites.at(word); },
         "quick, full (more sizes), sustained (the largest size of each) or shapes (hundreds of "
         "sizes "
         "of gemm)")
      .one_of({"quick", "full", "sustained", "shapes"});
  app.add_option_function(
         "--derate_problem",
         [&](const std::string& text) { options.problem = parse_product(text); },
         "m:M,n:N,k:K: measure gemm in this size, and nothing else")
      .excludes("--derate_suite");
  app.add_option_function(
         "--derate_mode",
         [&](const std::string& word) {
           given.mode = word == "sustained" ? Mode::sustained : Mode::burst;
         },
         "burst (short work on a rested device) or sustained (settled under load)")
      .one_of({"burst", "sustained"});
  app.add_flag("--derate_side_by_side", options.side_by_side,
               "own code and a library interleaved sample by sample on the same operands; only "
               "what both compute is measured, on random data and on zeros");
  app.add_flag("--derate_stages", options.stages,
               "each workload interleaved with its stages, which leave out a part of the work, for "
               "derate explain; only workloads that have stages are measured")
      .excludes("--derate_side_by_side");
  app.add_flag("--derate_allow_empty", options.allow_empty,
               "end well where nothing is selected, as when no workload has stages");
  app.add_list_function(
         "--derate_tune",
         [&](const std::vector<std::string>& files) {
           options.tunes = true;
           options.tune_to = files.back();
         },
         "measure every configuration of what is selected, and keep the fastest in this tuning "
         "table (default: the user's own)")
      .optional_value()
      .type_name("FILE");
  app.add_option("--derate_tuning", options.tuning,
                 "take configurations from this tuning table (default: the user's own, where one "
                 "is), or none");
  app.add_option("--derate_devices_at_once", options.devices_at_once,
                 "devices that are under load meanwhile, for the records")
      .range(1, 4096);
  up_to(kLongest_s,
        app.add_option("--derate_row_limit", options.row_limit_s,
                       "seconds after which a row is given up as hung, preparing and checking "
                       "included (default: 20 times what is announced, and 60 at least)"));
  up_to(kLongest_s,
        app.add_option("--derate_time_limit", given.time_limit_s,
                       "seconds of sampling per round at most, once there are enough samples"));
  up_to(1e6,
        app.add_option("--derate_min_samples", given.min_samples, "samples per round at least"));
  up_to(1, app.add_option("--derate_half_width", given.target_half_width,
                          "stop at a 95 % interval of ± this fraction"));
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  Given given;
  if (const auto text = flag(argc, argv, "--benchmark_min_time")) {
    given.min_time_s = number<double>(*text, "--benchmark_min_time");
    if (*given.min_time_s > kLongest_s) {
      throw Error(ExitCode::usage,
                  fmt::format("--benchmark_min_time needs at most {:.0f} seconds", kLongest_s));
    }
  }
  options.lists = has_flag(argc, argv, "--benchmark_list_tests");
  if (const auto text = flag(argc, argv, "--benchmark_repetitions")) {
    options.repetitions = std::max(1, number<int>(*text, "--benchmark_repetitions"));
  }
  CommandLine app("Runs derate's workloads under Google Benchmark.", "derate_bench");
  app.set_version(build_info().version);
  app.set_footer(
      "and every --benchmark_* flag of Google Benchmark: --benchmark_filter=REGEX, "
      "--benchmark_list_tests, --benchmark_repetitions=N, --benchmark_out=FILE, ...");
  add_flags(app, options, given);
  // Our help is to win: Google Benchmark would end the program for --help.
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    const std::size_t width = is_read_on_terminal() ? output_width() : kAnyWidth;
    std::fputs(fitted_help(app.help(), width).c_str(), stdout);
    std::exit(0);
  }
  benchmark::Initialize(&argc, argv);
  if (const auto code = app.parse(argc, argv)) std::exit(*code);
  if (options.watched.pipe >= 0) ::fcntl(options.watched.pipe, F_SETFD, FD_CLOEXEC);
  if (options.resume && (options.out.empty() || options.run.empty())) {
    throw Error(ExitCode::usage, "--derate_resume needs --derate_out and --derate_run");
  }
  if (options.tune_to.empty() && options.tuning != "none") options.tune_to = options.tuning;
  if (options.tunes && !options.out.empty()) {
    throw Error(ExitCode::usage,
                "--derate_tune makes a tuning table and no records; leave out --derate_out");
  }
  if (options.run.empty()) options.run = default_run_name();
  // Who names a size waits for one, and not for a suite that must end within a minute.
  options.plan = given.plan(options.problem ? Suite::full : options.suite);
  return options;
}

}  // namespace derate::bench
