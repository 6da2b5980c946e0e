// SPDX-License-Identifier: Apache-2.0
// Filters and hashes of the programs, and whether both commands run the same executable.
#include "regression/run/run_options.h"

#include <fmt/format.h>

#include <system_error>

#include "base/input_file.h"
#include "derate/device.h"
#include "derate/error.h"

namespace derate {
namespace {

std::string code_of(const std::filesystem::path& program) {
  return text_of_file(program, input_limits::kLargestProgram_bytes);
}

}  // namespace

std::string wanted_filter(const RunOptions& options, const CommandTemplate& command) {
  if (options.filter.empty()) return ".";
  if (command.takes_a_filter()) return options.filter;
  throw Error(ExitCode::usage, fmt::format("--filter needs a {{filter}} in the command, and `{}` "
                                           "has none",
                                           command.text()));
}

std::string_view word_of(std::optional<Metric> metric) {
  return metric ? to_string(*metric) : "auto";
}

std::string program_hash(const CommandTemplate& command) {
  const std::filesystem::path program = command.program();
  return program.empty() ? "" : hash_text(code_of(program));
}

std::string unknown_program(const CommandTemplate& command) {
  return fmt::format(
      "some processes were measured earlier, and which program `{}` starts is not known: if it was "
      "rebuilt since, start over with --restart",
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
  const std::string code = code_of(base.program());
  if (!is_measuring_program(code)) return false;
  std::error_code unknown;
  if (std::filesystem::equivalent(base.program(), candidate.program(), unknown)) return true;
  return code == code_of(candidate.program()) && code.find("$ORIGIN") == std::string::npos;
}

}  // namespace derate
