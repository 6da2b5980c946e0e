// SPDX-License-Identifier: Apache-2.0
// Starts derate_bench as child processes, one or several at once, and waits for them.
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

/// At most so many programs run at once.
inline constexpr std::size_t kMostAtOnce = 64;

/// Runs `program` once for each list of arguments, all at the same time, and returns how each
/// ended. Standard output is dropped, progress on standard error is shown. Where there are several,
/// each gets `--derate_meet=READ,WRITE` as well: it writes a byte to the one file descriptor before
/// each of its rounds and goes on when it can read one from the other, which is when all that still
/// run have written. Starts nothing when a signal came before. Throws Error(usage) when the program
/// cannot be started.
[[nodiscard]] std::vector<BenchEnd> run_benches(
    const std::filesystem::path& program, const std::vector<std::vector<std::string>>& arguments);

/// derate_bench beside the running program.
[[nodiscard]] std::filesystem::path default_bench();

}  // namespace derate::cli
