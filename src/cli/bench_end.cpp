// SPDX-License-Identifier: Apache-2.0
// Exit codes that are derate_bench's own, and signals, as sentences.
#include "cli/bench_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/standard_streams.h"

namespace derate::cli {
namespace {

/// The exit codes of derate_bench; any other is of a program that is none.
bool is_ours(int code) {
  constexpr std::array kOurs = {ExitCode::ok,           ExitCode::failed,    ExitCode::usage,
                                ExitCode::output,       ExitCode::no_device, ExitCode::interrupted,
                                ExitCode::invalid_input};
  return std::find(kOurs.begin(), kOurs.end(), static_cast<ExitCode>(code)) != kOurs.end();
}

}  // namespace

ExitCode end_of_bench(const std::filesystem::path& program, const ProcessEnd& bench,
                      bool recorded) {
  if (bench.signal != 0) {
    say("derate", fmt::format("{} was ended by signal {}; what was finished is kept",
                              program.string(), bench.signal));
    return bench.signal == SIGINT ? ExitCode::interrupted : ExitCode::failed;
  }
  const bool ours = is_ours(bench.exit_code);
  const bool says_why = ours && bench.exit_code > static_cast<int>(ExitCode::failed);
  if (!says_why && !(ours && recorded)) {
    say("derate", fmt::format("{} ended with code {}{}", program.string(), bench.exit_code,
                              recorded ? "" : " and recorded nothing"));
  }
  const bool fine = ours && (recorded || says_why);
  return fine ? static_cast<ExitCode>(bench.exit_code) : ExitCode::failed;
}

void add_end(ExitCode end, ExitCode& worst) {
  if (worst == ExitCode::ok || (worst == ExitCode::failed && end != ExitCode::ok)) worst = end;
}

bool goes_on_after(ExitCode end) { return end == ExitCode::ok || end == ExitCode::failed; }

}  // namespace derate::cli
