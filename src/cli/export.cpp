// SPDX-License-Identifier: Apache-2.0
// derate export: records → the input files of other people's estimators.
#include <fmt/format.h>

#include <memory>

#include "base/file.h"
#include "base/kept_streams.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "export/exports.h"
#include "record/load.h"

namespace derate::cli {
namespace {

struct ExportOptions {
  std::string form;
  std::vector<std::filesystem::path> files;
  std::string device;
  std::string mode;
  std::filesystem::path output;
};

ExitCode export_files(const ExportOptions& options) {
  const Analysis analysis = analyse(options.files, options.device);
  warn_of(analysis.bad);
  warn_of_duplicates(analysis.duplicates);
  const Exported exported = export_rows(analysis.rows, options.form, options.mode);
  if (options.output.empty()) {
    standard_output() << exported.text;
  } else {
    write_file(options.output, exported.text);
  }
  for (const std::string& note : exported.notes) {
    say("derate", note);
  }
  return ExitCode::ok;
}

}  // namespace

void add_export(Command& app, ExitCode& end) {
  const auto options = std::make_shared<ExportOptions>();
  Command command = app.add_subcommand("export", "write records as another estimator's input");
  command.add_option("form", options->form, "whose input").required().one_of(export_names());
  command.add_option("files", options->files, "records.jsonl files, or folders that hold one")
      .required();
  command.add_option("--device", options->device,
                     "only this device: host, cuda:1, an id, or a part of its name");
  command.add_option("--mode", options->mode, "rows to take; sustained where there are any")
      .one_of({"burst", "sustained"});
  command.add_option("-o,--output", options->output, "write to this file").not_empty();
  command.on_parse([options, &end] { end = export_files(*options); });
}

}  // namespace derate::cli
