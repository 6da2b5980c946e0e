// SPDX-License-Identifier: Apache-2.0
// derate calibrate: records → the derate factors of one device.
#include <memory>

#include "base/file.h"
#include "base/kept_streams.h"
#include "calibration/losses.h"
#include "cli/commands.h"
#include "derate/calibration.h"
#include "record/load.h"

namespace derate::cli {
namespace {

struct CalibrateOptions {
  std::vector<std::filesystem::path> files;
  std::string device;
  std::filesystem::path output;
  Format format = Format::table;
};

ExitCode calibrate_files(const CalibrateOptions& options) {
  const Analysis analysis = analyse(options.files, options.device);
  warn_of(analysis.bad);
  warn_of_duplicates(analysis.duplicates);
  Calibration calibration = calibrate(analysis.rows);
  add_losses(waterfalls_of_runs(options.files, options.device), calibration);
  if (!options.output.empty()) write_file(options.output, to_json(calibration));
  write_table(standard_output(), calibration, options.format);
  return ExitCode::ok;
}

}  // namespace

void add_calibrate(Command& app, ExitCode& end) {
  const auto options = std::make_shared<CalibrateOptions>();
  Command command = app.add_subcommand("calibrate", "make derate factors from records");
  command.add_option("files", options->files, "records.jsonl files, or folders that hold one")
      .required();
  command.add_option("--device", options->device,
                     "only this device: host, cuda:1, an id, or a part of its name");
  command.add_option("-o,--output", options->output, "also write the calibration to this file")
      .not_empty();
  add_format(command, options->format);
  command.on_parse([options, &end] { end = calibrate_files(*options); });
}

}  // namespace derate::cli
