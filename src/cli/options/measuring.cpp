// SPDX-License-Identifier: Apache-2.0
// Options --out, --filter, --timeout, --time-limit, --seed and --restart.
#include "cli/options/measuring.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

namespace derate::cli {
namespace {

std::string refuse_no_duration(const std::string& text) {
  double time_s = 0;
  const char* const end = text.data() + text.size();
  const auto [read_to, failed] = std::from_chars(text.data(), end, time_s);
  if (failed == std::errc{} && read_to == end && time_s > 0 && std::isfinite(time_s)) return "";
  return fmt::format("{} is no number of seconds above 0", text);
}

}  // namespace

void add_measuring_options(Command& command, RunOptions& options) {
  command.add_option("--out", options.out,
                     "folder for what the processes write; the same command with the same folder "
                     "resumes where it stopped (default: derate-out/<UTC time>-...)");
  command.add_option("--filter", options.filter,
                     "regular expression of the benchmarks, for {filter}");
  command.add_option("--timeout", options.limits.process_s, "seconds that one process may run")
      .check(refuse_no_duration)
      .show_default();
  command
      .add_option("--time-limit", options.limits.whole_s,
                  "seconds that all processes may take; what is not measured by then is left out")
      .check(refuse_no_duration);
  command
      .add_option("--seed", options.seed,
                  "of the random order of the pairs (default: one by chance, which is recorded)")
      .range<std::int64_t>(0, std::numeric_limits<std::uint32_t>::max());
  command.add_flag("--restart", options.restart, "start over in a folder that holds one already");
}

}  // namespace derate::cli
