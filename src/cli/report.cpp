// SPDX-License-Identifier: Apache-2.0
// derate report: records → what the device delivers of its peak.
#include <fmt/format.h>

#include <memory>

#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/options/report_screen.h"
#include "derate/calibration.h"
#include "record/load.h"

namespace derate::cli {
namespace {

struct ReportOptions {
  std::vector<std::filesystem::path> files;
  std::string device;
  std::filesystem::path calibration;
  bool force = false;
  Format format = Format::table;
  ReportScreen screen;
};

ExitCode report(const ReportOptions& options) {
  Analysis analysis = analyse(options.files, options.device);
  warn_of_duplicates(analysis.duplicates);
  if (!options.calibration.empty()) {
    const std::size_t matched =
        compare_with(read_calibration(options.calibration), analysis.rows, options.force);
    if (matched < analysis.rows.size()) {
      say("derate",
          fmt::format("{} of {} rows have no factor in the calibration: another workload, "
                      "size or library",
                      analysis.rows.size() - matched, analysis.rows.size()));
    }
  }
  print_report(analysis, options.format, options.screen, options.files);
  return any_failed(analysis.rows) ? ExitCode::failed : ExitCode::ok;
}

}  // namespace

void add_report(Command& app, ExitCode& end) {
  const auto options = std::make_shared<ReportOptions>();
  Command command = app.add_subcommand("report", "show records as a report");
  command.add_option("files", options->files, "records.jsonl files, or folders that hold one")
      .required();
  command.add_option("--device", options->device,
                     "only this device: host, cuda:1, an id, or a part of its name");
  command.add_option("--calibration", options->calibration,
                     "compare with the factors of this calibration.json");
  command.add_flag("--force", options->force, "even if it was made for another device or driver");
  add_report_screen(command, options->screen);
  add_format(command, options->format);
  command.on_parse([options, &end] { end = report(*options); });
}

}  // namespace derate::cli
