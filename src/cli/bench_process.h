// SPDX-License-Identifier: Apache-2.0
// Starts derate_bench as a child process and waits for it.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace derate::cli {

struct BenchEnd {
  int exit_code = 0;  ///< of the child; 128 + signal when a signal ended it
  int signal = 0;     ///< that ended it; 0 for a normal end
};

/// For as long as it lives, SIGINT, SIGTERM and SIGHUP (unless ignored, as nohup does it) go to the
/// measuring program instead of ending this one, so that the child can keep what is finished and we
/// can report it. Ignores SIGTTOU, and with it every child: in a process group of its own, a child
/// would stop for ever when it writes to a terminal that is set to `stty tostop`.
class SignalsToBench {
 public:
  SignalsToBench();
  ~SignalsToBench();
  SignalsToBench(const SignalsToBench&) = delete;
  SignalsToBench& operator=(const SignalsToBench&) = delete;

  /// Whether a signal came, be there a child or not.
  [[nodiscard]] bool received() const;

 private:
  std::vector<std::pair<int, struct sigaction>> before_;
};

/// Runs `program` with `arguments`; its standard output is dropped, its progress on standard error
/// is shown. Does not start it when a signal for it came before. Throws Error(usage) when the
/// program cannot be started.
[[nodiscard]] BenchEnd run_bench(const std::filesystem::path& program,
                                 const std::vector<std::string>& arguments);

/// derate_bench beside the running program.
[[nodiscard]] std::filesystem::path default_bench();

}  // namespace derate::cli
