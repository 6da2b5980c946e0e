// SPDX-License-Identifier: Apache-2.0
// Starts other programs and waits for them. One that is guarded is in a session of its own, which
// ends with it, with its time limit, and with us; another one gets the signals that we get, and one
// more when we end.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/signals.h"

namespace derate {

struct Launch {
  std::filesystem::path program;
  std::string name;                    ///< by which it is called; empty: its path
  std::vector<std::string> arguments;  ///< behind the program's name
  std::vector<std::string> variables;  ///< "NAME=value", added to our environment
  std::filesystem::path out;           ///< standard output; empty: nowhere
  std::filesystem::path err;           ///< standard error; empty: ours
  std::vector<int> kept_open;          ///< file descriptors that it inherits besides
  bool guarded = false;
  /// With our standard input and output and all of our environment.
  bool inherits = false;
  /// What one that is not guarded gets when we end, however suddenly.
  int signal_at_our_end = SIGTERM;
};

/// `sh -c TEXT`, guarded.
[[nodiscard]] Launch shell_command(const std::string& text);

struct ProcessEnd {
  int exit_code = 0;         ///< 128 + signal when a signal ended it
  int signal = 0;            ///< that ended it; 0 for a normal end
  bool timed_out = false;    ///< it ran past its limit and was ended
  bool interrupted = false;  ///< we got a signal, and ended it
  double duration_s = 0;     ///< without the time for which we were stopped
};

/// A running program. Unless it inherits ours, its environment is without BENCHMARK_*, which Google
/// Benchmark takes for flags: what a run measures is to stand on its command line. Its standard
/// input is empty.
class Process {
 public:
  /// Throws Error(usage) when the program cannot be started, Error(output) when a file for its
  /// output cannot be opened, Error(failed) when the system has no room for a process.
  explicit Process(const Launch& launch);
  /// Kills it, unless it was waited for.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for its end. A guarded one past its limit gets SIGTERM, and SIGKILL two seconds later;
  /// the same when we get a signal, and SIGKILL at once when we are killed. Whatever it left
  /// running is ended as well, unless it went into a session of its own as a daemon does: it would
  /// disturb what is measured next. One that is not guarded has no limit.
  [[nodiscard]] ProcessEnd wait(double limit_s = std::numeric_limits<double>::infinity());

  /// Of one that is not guarded: whether it ends within this time, so that wait() returns at once.
  [[nodiscard]] bool ends_within(double time_s) const;
  /// Kills it with its process group, and the same. One that does not end, as in a call to a driver
  /// that never returns, is given up and not to be waited for.
  [[nodiscard]] bool kill(double time_s);

 private:
  void end_session(double limit_s, ProcessEnd& end);

  double began_s_;
  pid_t pid_ = -1;
  int alive_ = -1;  ///< of a guarded one: its other end is closed when the process has ended
  std::unique_ptr<SignalsPassedOn> signals_;
};

}  // namespace derate
