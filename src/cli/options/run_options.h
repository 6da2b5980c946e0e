// SPDX-License-Identifier: Apache-2.0
// The options of derate run, which a fleet hands to each of its nodes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "cli/options/report_screen.h"
#include "derate/format.h"

namespace derate::cli {

struct RunOptions {
  std::vector<std::string> devices = {"auto"};
  bool all_devices = false;
  bool concurrent = false;
  bool side_by_side = false;
  std::string mode;
  std::string suite;
  std::string problem;
  std::filesystem::path out;
  std::filesystem::path bench;
  std::string filter;
  std::string tuning;
  std::optional<double> row_limit_s;
  bool tune = false;
  bool attribution = true;
  int rounds = 5;
  Format format = Format::table;
  ReportScreen screen;
  std::vector<std::string> pass_on;
};

/// `options` outlives the command.
void add_run_options(Command& command, RunOptions& options);

/// Refuses what no option refuses by itself. Throws Error(usage).
void require_consistent(const RunOptions& options);

}  // namespace derate::cli
