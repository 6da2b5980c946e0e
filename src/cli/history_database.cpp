// SPDX-License-Identifier: Apache-2.0
// Finds the history's file by option, environment or XDG data directory, reads records and folders
// of gates into reports, and leaves out processes that occur twice.
#include "cli/history_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/host_name.h"
#include "base/standard_streams.h"
#include "base/time_utc.h"
#include "cli/options/quantity.h"
#include "derate/error.h"
#include "history/writer.h"
#include "record/load.h"
#include "regression/run/run_folder.h"

namespace derate::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_gate(const std::filesystem::path& folder) {
  std::error_code unknown;
  return std::filesystem::is_regular_file(folder / "gate" / "processes.jsonl", unknown);
}

/// `failure` is how its process ended, if not well: then only what was written record by record is
/// whole, as in the gate.
void add(const std::filesystem::path& file, history::Side side, const std::string& failure,
         ReadProcesses& all) {
  for (ProcessReport& process : read_processes(file)) {
    warn_of(process.bad);
    for (const std::string& note : process.notes) {
      say("derate", fmt::format("{}: {}", file.string(), note));
    }
    if (!failure.empty() && !process.are_records) {
      say("derate", fmt::format("{}: left out: {}", file.string(), failure));
      continue;
    }
    const std::string digest = history::process_digest(process);
    if (!digest.empty() && !all.digests.insert(digest).second) {
      say("derate", fmt::format("{}: left out: it is there twice", file.string()));
      continue;
    }
    all.reports.push_back(std::move(process));
    all.sides.push_back(side);
  }
}

void add_gate(const std::filesystem::path& processes, ReadProcesses& all) {
  for (const KeptProcess& kept : kept_processes(processes)) {
    const bool is_base = kept.place.side == Side::base;
    add(output_of(processes, kept.place), is_base ? history::Side::base : history::Side::candidate,
        kept.failure, all);
  }
}

}  // namespace

std::array<Option, 2> add_database(Command& command, DatabaseOptions& options) {
  const Option file =
      command.add_option("--db", options.path,
                         "the history's file; else $DERATE_HISTORY, else derate/history.sqlite in "
                         "$XDG_DATA_HOME or ~/.local/share");
  const Option wait =
      command
          .add_option("--wait", options.wait_s, "seconds to wait for another program that writes")
          .range(0.0, 86400.0)
          .show_default();
  return {file, wait};
}

std::filesystem::path default_database() {
  if (std::string named = variable("DERATE_HISTORY"); !named.empty()) return named;
  std::filesystem::path folder = variable("XDG_DATA_HOME");
  if (!folder.is_absolute()) {  // as the XDG Base Directory Specification has it
    const std::string home = variable("HOME");
    if (home.empty()) {
      throw Error(ExitCode::usage, "$HOME is not set: name the history's file with --db");
    }
    folder = std::filesystem::path(home) / ".local" / "share";
  }
  return folder / "derate" / "history.sqlite";
}

std::filesystem::path file_of(const DatabaseOptions& options) {
  return options.path.empty() ? default_database() : options.path;
}

history::History open_database(const DatabaseOptions& options, history::Access access) {
  const std::filesystem::path path = file_of(options);
  if (access == history::Access::create && path.has_parent_path()) {
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    if (failed) {
      throw Error(ExitCode::output, fmt::format("cannot make the folder {}: {}",
                                                path.parent_path().string(), failed.message()));
    }
  }
  return {path, access, options.wait_s};
}

ReadProcesses read_all(const std::vector<std::filesystem::path>& files) {
  ReadProcesses all;
  for (const std::filesystem::path& file : files) {
    if (is_gate(file)) {
      add_gate(file / "gate", all);
    } else {
      add(file, history::Side::alone, "", all);
    }
  }
  const bool any = std::any_of(all.reports.begin(), all.reports.end(),
                               [](const auto& report) { return !report.results.empty(); });
  if (any) return all;
  throw Error(ExitCode::invalid_input,
              fmt::format("{} {} no measurement", files.front().string(),
                          files.size() == 1 ? "holds" : "and what follows it hold"));
}

void say_left_out(std::int64_t processes) {
  say("derate", fmt::format("{} {} left out: measured before, in the history already", processes,
                            processes == 1 ? "process was" : "processes were"));
}

history::SessionFacts session_facts(const std::string& kind, const std::string& label,
                                    const std::string& time_utc,
                                    const std::vector<std::filesystem::path>& files) {
  std::string command;
  for (const std::filesystem::path& file : files) {
    command += (command.empty() ? "" : " ") + file.string();
  }
  return {time_utc.empty() ? "" : parse_time(time_utc), label, command, kind, host_name()};
}

std::string parse_time(const std::string& text) {
  for (const std::string& time : {text, text + "T00:00:00Z"}) {
    if (is_time_utc(time)) return time;
  }
  throw Error(
      ExitCode::usage,
      fmt::format("\"{}\" is no date: write 2026-11-01 or 2026-11-01T12:30:00Z, in UTC", text));
}

}  // namespace derate::cli
