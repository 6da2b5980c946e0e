// SPDX-License-Identifier: Apache-2.0
// Runs shell commands one after the other, each in a session of its own that ends with it, with its
// time limit, and with us.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace derate::cli {

/// Tells a command of a gate which side it is of.
inline constexpr const char* kSideVariable = "DERATE_GATE_SIDE";

struct ShellEnd {
  int exit_code = 0;         ///< meaningless when a signal ended it
  int signal = 0;            ///< that ended it; 0 for a normal end
  bool timed_out = false;    ///< it ran past its limit and was ended
  bool interrupted = false;  ///< we were asked to end, and ended it
  double duration_s = 0;
};

struct ShellCommand {
  std::string text;                    ///< for `sh -c`
  std::filesystem::path out;           ///< where its standard output goes; empty: nowhere
  std::filesystem::path err;           ///< where its standard error goes
  std::vector<std::string> variables;  ///< "NAME=value", added to our environment
  double limit_s = 600;
};

/// For as long as it lives, SIGINT, SIGTERM and SIGHUP (unless ignored) are noted instead of ending
/// this program, and end the command under way.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  [[nodiscard]] static bool received();

 private:
  std::vector<std::pair<int, struct sigaction>> before_;
};

/// Runs the command to its end. Whatever it left running is ended as well, unless it went into a
/// session of its own as a daemon does: it would disturb what is measured next. A command past its
/// limit gets SIGTERM, and SIGKILL two seconds later; the same when we are interrupted, and SIGKILL
/// at once when we are killed. Our environment is handed on without BENCHMARK_*, which Google
/// Benchmark takes for flags. Throws Error(output) when a file for its output cannot be opened.
[[nodiscard]] ShellEnd run_shell(const ShellCommand& command);

}  // namespace derate::cli
