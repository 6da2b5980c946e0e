// SPDX-License-Identifier: Apache-2.0
// Chooses between summary and report, and prints it.
#include "cli/options/report_screen.h"

#include <sstream>
#include <string>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/terminal.h"
#include "derate/report.h"
#include "report/summary.h"

namespace derate::cli {
namespace {

SummaryOptions summary_options(const std::vector<std::filesystem::path>& files,
                               const std::filesystem::path& page) {
  SummaryOptions options;
  options.width = output_width();
  options.colours = wants_colours();
  options.page = page.string();
  options.table = "derate report --all";
  for (const std::filesystem::path& file : files) {
    options.table += " " + file.string();
  }
  return options;
}

/// In lines as wide as those of standard output, which takes it as a whole more quickly.
std::string report_text(const Analysis& analysis, Format format) {
  std::ostringstream out;
  set_line_width(out, line_width(standard_output()));
  write_report(out, analysis.rows, analysis.bad, format);
  return out.str();
}

}  // namespace

References ReportScreen::references() const {
  return reference.empty() ? References::built_in() : References::of_file(reference);
}

void add_report_screen(Command& command, ReportScreen& screen) {
  command.add_flag("--all", screen.all, "on a terminal the whole table in place of the summary");
  command
      .add_option("--reference", screen.reference,
                  "what is usual: a file of the columns of data/reference.csv in its place")
      .not_empty();
}

bool print_report(const Analysis& analysis, Format format, const ReportScreen& screen,
                  const std::vector<std::filesystem::path>& files,
                  const std::filesystem::path& page) {
  const bool in_short = format == Format::table && !screen.all && is_read_on_terminal();
  const std::vector<Waterfall> waterfalls =
      in_short ? waterfalls_of_runs(files, "") : std::vector<Waterfall>{};
  SummaryOptions options = summary_options(files, page);
  options.waterfalls = waterfalls;
  const std::string text = in_short ? summary(analysis.rows, screen.references(), options)
                                    : report_text(analysis, format);
  standard_output() << text;
  if (in_short || format == Format::csv) warn_of(analysis.bad);  // the others hold them
  return in_short;
}

}  // namespace derate::cli
