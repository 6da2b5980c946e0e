// SPDX-License-Identifier: Apache-2.0
// Starts derate_bench as a child process and waits for it.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace derate::cli {

struct BenchEnd {
  int exit_code = 0;  ///< of the child; 128 + signal when a signal ended it
  int signal = 0;     ///< that ended it; 0 for a normal end
};

/// For as long as it lives, SIGINT and SIGTERM go to the measuring program instead of ending this
/// one, so that the child can keep what is finished and we can report it.
class SignalsToBench {
 public:
  SignalsToBench();
  ~SignalsToBench();
  SignalsToBench(const SignalsToBench&) = delete;
  SignalsToBench& operator=(const SignalsToBench&) = delete;

  /// Whether a signal came, be there a child or not.
  [[nodiscard]] bool received() const;

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

/// Runs `program` with `arguments`; its standard output is dropped, its progress on standard error
/// is shown. Throws Error(usage) when the program cannot be started.
[[nodiscard]] BenchEnd run_bench(const std::filesystem::path& program,
                                 const std::vector<std::string>& arguments);

/// derate_bench beside the running program.
[[nodiscard]] std::filesystem::path default_bench();

}  // namespace derate::cli
