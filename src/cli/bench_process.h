// SPDX-License-Identifier: Apache-2.0
// Starts derate_bench as a child process and waits for it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace derate::cli {

struct BenchEnd {
  int exit_code = 0;  ///< of the child; 128 + signal when a signal ended it
  int signal = 0;     ///< that ended it; 0 for a normal end
};

/// Runs `program` with `arguments`; its standard output is dropped, its progress on standard error
/// is shown. SIGINT and SIGTERM are passed on, so that the child can keep what is finished. Throws
/// Error(usage) when the program cannot be started.
[[nodiscard]] BenchEnd run_bench(const std::filesystem::path& program,
                                 const std::vector<std::string>& arguments);

/// derate_bench beside the running program.
[[nodiscard]] std::filesystem::path default_bench();

}  // namespace derate::cli
