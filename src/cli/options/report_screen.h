// SPDX-License-Identifier: Apache-2.0
// How `report` and `run` print their rows: a summary where somebody reads it on a terminal, the
// whole table elsewhere or with --all, and every other format as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "derate/format.h"
#include "record/load.h"
#include "report/usual.h"

namespace derate::cli {

struct ReportScreen {
  bool all = false;
  std::filesystem::path reference;  ///< empty: the program's own

  [[nodiscard]] References references() const;
};

/// --all and --reference.
void add_report_screen(Command& command, ReportScreen& screen);

/// On standard output; whether it was the summary. `files` are those that the rows are from; `page`
/// is empty where none was written.
bool print_report(const Analysis& analysis, Format format, const ReportScreen& screen,
                  const std::vector<std::filesystem::path>& files,
                  const std::filesystem::path& page = {});

}  // namespace derate::cli
