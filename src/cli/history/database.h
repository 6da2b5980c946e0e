// SPDX-License-Identifier: Apache-2.0
// What the commands of the history share: which file, who waits how long, and what is read into it.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "derate/observation.h"
#include "history/history.h"

namespace derate::cli {

struct DatabaseOptions {
  std::filesystem::path path;  ///< empty means default_database()
  double wait_s = 10;
};

/// --db and --wait.
void add_database(CLI::App& command, DatabaseOptions& options);

/// $DERATE_HISTORY, else history.sqlite in derate's folder of the user's data.
[[nodiscard]] std::filesystem::path default_database();

/// Opens it; `create` makes the folders above it as well.
[[nodiscard]] history::History open_database(const DatabaseOptions& options,
                                             sqlite::Access access = sqlite::Access::write);

/// Processes and, where they took turns in a gate, which binary each ran.
struct ReadProcesses {
  std::vector<ProcessReport> reports;
  std::vector<history::Side> sides;
};

/// Every process of every file, or of the folder of a gate. What a file says of itself goes to
/// standard error.
[[nodiscard]] ReadProcesses read_all(const std::vector<std::filesystem::path>& files);

/// Of these files and this command; the host is this machine.
[[nodiscard]] history::SessionFacts session_facts(const std::string& kind, const std::string& label,
                                                  const std::string& time_utc,
                                                  const std::vector<std::filesystem::path>& files);

/// "2026-11-01" or "2026-11-01T12:30:00Z", with the first made the second. Throws Error(usage).
[[nodiscard]] std::string parse_time(const std::string& text);

}  // namespace derate::cli
