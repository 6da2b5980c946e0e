// SPDX-License-Identifier: Apache-2.0
// derate report: records → what the device delivers of its peak.
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/options/html_file.h"
#include "cli/options/report_screen.h"
#include "derate/calibration.h"
#include "page/report_page.h"
#include "record/load.h"
#include "record/read_lines.h"
#include "record/rows_by_device.h"

namespace derate::cli {
namespace {

struct ReportOptions {
  std::vector<std::filesystem::path> files;
  std::string device;
  std::filesystem::path calibration;
  bool force = false;
  Format format = Format::table;
  ReportScreen screen;
  std::filesystem::path html;
};

/// One for each device that has any.
std::vector<Calibration> calibrations_of(std::span<const Row> rows) {
  std::vector<Calibration> calibrations;
  for (const DeviceRows device : by_device(rows)) {
    try {
      calibrations.push_back(calibrate(device));
    } catch (const Error&) {  // nothing passed: the page has no model to show then
    }
  }
  return calibrations;
}

ExitCode report(const ReportOptions& options) {
  const bool with_page = !options.html.empty();
  if (with_page) {
    std::vector<std::filesystem::path> inputs;
    for (const std::filesystem::path& file : options.files) inputs.push_back(records_in(file));
    require_other_file(options.html, inputs);
  }
  page::MeasuredSamples samples;
  const auto also = [&](const Record& record) { samples.add(record); };
  Analysis analysis = analyse(options.files, options.device,
                              with_page ? also : std::function<void(const Record&)>());
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
  if (with_page) {
    const std::vector<Waterfall> waterfalls = waterfalls_of_runs(options.files, options.device);
    write_file(options.html, page::report_html({analysis.rows, analysis.bad, samples,
                                                calibrations_of(analysis.rows), waterfalls}));
  }
  print_report(analysis, options.format, options.screen, options.files, options.html);
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
  add_html_file(command, options->html);
  command.on_parse([options, &end] { end = report(*options); });
}

}  // namespace derate::cli
