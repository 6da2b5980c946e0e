// SPDX-License-Identifier: Apache-2.0
#include "cli/history/database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/analysis.h"
#include "cli/estimate/quantity.h"
#include "derate/error.h"

namespace derate::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

bool is_gate(const std::filesystem::path& folder) {
  std::error_code unknown;
  return std::filesystem::is_regular_file(folder / "gate" / "processes.jsonl", unknown);
}

/// What the processes of a gate wrote, in the order in which they ended, each with its side.
std::vector<std::pair<std::filesystem::path, history::Side>> processes_of_gate(
    const std::filesystem::path& folder) {
  std::vector<std::pair<std::filesystem::path, history::Side>> processes;
  std::ifstream list(folder / "gate" / "processes.jsonl");
  for (std::string line; std::getline(list, line);) {
    const auto kept = nlohmann::json::parse(line, nullptr, false);
    if (!kept.is_object() || !kept.contains("side"))
      continue;  // half a line, or a pair that failed
    const std::string side = kept.value("side", "");
    const std::filesystem::path file =
        folder / "gate" /
        fmt::format("{}-{:02}-{}.json", kept.value("stage", ""), kept.value("pair", 0), side);
    const auto known = std::find_if(processes.begin(), processes.end(),
                                    [&](const auto& other) { return other.first == file; });
    if (known != processes.end()) continue;  // measured anew: its file is the last one's
    processes.emplace_back(file, side == "base" ? history::Side::base : history::Side::candidate);
  }
  return processes;
}

void add(const std::filesystem::path& file, history::Side side, ReadProcesses& all) {
  for (ProcessReport& process : read_processes(file)) {
    warn_of(process.bad);
    for (const std::string& note : process.notes) {
      std::fputs(fmt::format("derate: {}: {}\n", file.string(), note).c_str(), stderr);
    }
    all.reports.push_back(std::move(process));
    all.sides.push_back(side);
  }
}

}  // namespace

void add_database(CLI::App& command, DatabaseOptions& options) {
  command.add_option("--db", options.path,
                     "the history's file; else $DERATE_HISTORY, else derate/history.sqlite in "
                     "$XDG_DATA_HOME or ~/.local/share");
  command.add_option("--wait", options.wait_s, "seconds to wait for another program that writes")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
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

history::History open_database(const DatabaseOptions& options, sqlite::Access access) {
  const std::filesystem::path path = options.path.empty() ? default_database() : options.path;
  if (access == sqlite::Access::create && path.has_parent_path()) {
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
      for (const auto& [process, side] : processes_of_gate(file)) add(process, side, all);
    } else {
      add(file, history::Side::alone, all);
    }
  }
  return all;
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
  static const std::regex day_pattern(R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))");
  static const std::regex time_pattern(
      R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ)");
  if (std::regex_match(text, day_pattern)) return text + "T00:00:00Z";
  if (std::regex_match(text, time_pattern)) return text;
  throw Error(
      ExitCode::usage,
      fmt::format("\"{}\" is no date: write 2026-11-01 or 2026-11-01T12:30:00Z, in UTC", text));
}

}  // namespace derate::cli
