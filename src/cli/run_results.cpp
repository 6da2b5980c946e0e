// SPDX-License-Identifier: Apache-2.0
// Reads the records once, for rows and for the page's samples.
#include "cli/run_results.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/standard_streams.h"
#include "calibration/losses.h"
#include "derate/calibration.h"
#include "derate/report.h"
#include "page/report_page.h"
#include "record/load.h"

namespace derate::cli {
namespace {

/// Writes a file of the folder and adds it to the list of those written; the reason when it cannot.
std::optional<Error> try_to_write(const std::filesystem::path& path, const std::string& text,
                                  std::string& written) {
  try {
    replace_file(path, text);
    written += ", " + path.filename().string();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

std::vector<Calibration> calibration_of(const std::vector<Row>& rows,
                                        const std::vector<Waterfall>& waterfalls) {
  try {
    Calibration calibration = calibrate(rows);
    add_losses(waterfalls, calibration);
    return {calibration};
  } catch (const Error& error) {
    say("derate", fmt::format("no calibration: {}", error.what()));
    return {};
  }
}

}  // namespace

ExitCode write_results(const std::filesystem::path& folder, Format format,
                       const ReportScreen& screen) {
  page::MeasuredSamples samples;
  const Analysis analysis =
      analyse({folder}, "", [&](const Record& record) { samples.add(record); });
  const std::vector<Waterfall> waterfalls = waterfalls_of_runs({folder}, "");
  const std::vector<Calibration> calibrations = calibration_of(analysis.rows, waterfalls);
  std::string written = "records.jsonl";
  std::error_code none;
  if (std::filesystem::exists(folder / kStagesFile, none))
    written += fmt::format(", {}", kStagesFile);
  std::optional<Error> failed;
  const auto write = [&](const char* name, const std::string& text) {
    const std::optional<Error> why = try_to_write(folder / name, text, written);
    if (!failed) failed = why;
  };
  write("report.md", render_report(analysis.rows, analysis.bad, Format::markdown));
  write("report.html",
        page::report_html({analysis.rows, analysis.bad, samples, calibrations, waterfalls}));
  for (const Calibration& calibration : calibrations) {
    write("calibration.json", to_json(calibration));
  }
  const bool in_short = print_report(analysis, format, screen, {folder}, folder / "report.html");
  // Machines read standard output; where it is a table, people do.
  const std::string where = fmt::format("written to {}/: {}", folder.string(), written);
  if (format == Format::table && !in_short) {
    standard_output() << '\n';
    write_sentence(standard_output(), where);
  }
  standard_output().flush();
  if (format != Format::table) say("\n" + safe_text::for_terminal(where) + "\n");
  if (failed) throw Error(*failed);
  // What no single round can know, such as a ceiling that disagrees with the others.
  return any_failed(analysis.rows) ? ExitCode::failed : ExitCode::ok;
}

}  // namespace derate::cli
