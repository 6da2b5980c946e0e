// SPDX-License-Identifier: Apache-2.0
// What the commands of the history share: which file, who waits how long, and what is read into it.
#pragma once

#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "history/history.h"
#include "regression/results/benchmark_result.h"

namespace derate::cli {

struct DatabaseOptions {
  std::filesystem::path path;  ///< empty means default_database()
  double wait_s = 10;
};

/// --db and --wait.
std::array<Option, 2> add_database(Command& command, DatabaseOptions& options);

/// $DERATE_HISTORY, else history.sqlite in derate's folder of the user's data.
[[nodiscard]] std::filesystem::path default_database();

/// The file that the options name.
[[nodiscard]] std::filesystem::path file_of(const DatabaseOptions& options);

/// Opens it; `create` makes the folders above it as well.
[[nodiscard]] history::History open_database(const DatabaseOptions& options,
                                             history::Access access = history::Access::write);

/// Processes and, where a gate interleaved them, which binary each ran.
struct ReadProcesses {
  std::vector<ProcessReport> reports;
  std::vector<history::Side> sides;
  std::set<std::string> digests;  ///< of the reports, by history::process_digest()
};

/// Every process of every file, or of the folder of a gate, once. What a file says of itself goes
/// to standard error. Throws Error(invalid_input) where all together hold no measurement.
[[nodiscard]] ReadProcesses read_all(const std::vector<std::filesystem::path>& files);

/// That so many processes are in the history already, to standard error.
void say_left_out(std::int64_t processes);

/// Of these files and this command; the host is this machine.
[[nodiscard]] history::SessionFacts session_facts(const std::string& kind, const std::string& label,
                                                  const std::string& time_utc,
                                                  const std::vector<std::filesystem::path>& files);

/// "2026-11-01" or "2026-11-01T12:30:00Z", with the first made the second. Throws Error(usage) for
/// what is no such text or no such day.
[[nodiscard]] std::string parse_time(const std::string& text);

}  // namespace derate::cli
