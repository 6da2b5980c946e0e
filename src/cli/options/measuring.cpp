// SPDX-License-Identifier: Apache-2.0
#include "cli/options/measuring.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "base/shell_process.h"
#include "derate/device.h"
#include "derate/error.h"
#include "base/json_file.h"

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

void add_measuring_options(Command& command, MeasuringOptions& options) {
  command.add_option("--out", options.out,
                     "folder for what the processes write; the same command with the same folder "
                     "goes on where it stopped (default: derate-out/<UTC time>-...)");
  command.add_option("--filter", options.filter,
                     "regular expression of the benchmarks, for {filter}");
  command.add_option("--timeout", options.limits.process_s, "seconds that one process may run")
      .check(refuse_no_duration)
      .show_default();
  command
      .add_option("--time-limit", options.limits.whole_s,
                  "seconds that all processes may take; what is not measured by then is left out")
      .check(refuse_no_duration);
  command.add_flag("--restart", options.restart, "begin anew in a folder that holds one already");
}

std::string wanted_filter(const MeasuringOptions& options, const CommandTemplate& command) {
  if (options.filter.empty()) return ".";
  if (command.takes_a_filter()) return options.filter;
  throw Error(ExitCode::usage, fmt::format("--filter needs a {{filter}} in the command, and `{}` "
                                           "has none",
                                           command.text()));
}

std::string program_hash(const CommandTemplate& command) {
  const std::filesystem::path program = command.program();
  return program.empty() ? "" : hash_text(text_of_file(program));
}

std::string unknown_program(const CommandTemplate& command) {
  return fmt::format(
      "some processes were measured earlier, and which program `{}` starts is not known: if it was "
      "rebuilt since, begin anew with --restart",
      command.text());
}

namespace {

/// An executable of Google Benchmark's, by its flags or, where that is a shared library, by the
/// names it is linked with.
bool is_measuring_program(const std::string& code) {
  return code.starts_with(
             "\x7f"
             "ELF") &&
         (code.find("benchmark_filter") != std::string::npos ||
          code.find("N9benchmark") != std::string::npos);
}

}  // namespace

bool same_program(const CommandTemplate& base, const CommandTemplate& candidate) {
  if (base.program().empty() || candidate.program().empty()) return false;
  if (base.without_program() != candidate.without_program()) return false;
  if (base.without_program().find(kSideVariable) != std::string::npos) return false;
  const std::string code = text_of_file(base.program());
  if (!is_measuring_program(code)) return false;
  std::error_code unknown;
  if (std::filesystem::equivalent(base.program(), candidate.program(), unknown)) return true;
  return code == text_of_file(candidate.program()) && code.find("$ORIGIN") == std::string::npos;
}

}  // namespace derate::cli
