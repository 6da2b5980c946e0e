// SPDX-License-Identifier: Apache-2.0
// derate schema: the formats, as JSON Schema or as the tables in docs/.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/kept_streams.h"
#include "cli/commands.h"
#include "derate/calibration.h"
#include "derate/record.h"
#include "derate/report.h"
#include "regression/reporters/reporters.h"

namespace derate::cli {
namespace {

std::string record_fields_as_markdown() {
  std::string out = "| field | unit | meaning |\n| --- | --- | --- |\n";
  for (const RecordField& field : record_fields()) {
    out += fmt::format("| `{}` | {} | {} |\n", field.name, field.unit, field.meaning);
  }
  return out;
}

std::string schema(const std::string& which, bool markdown) {
  if (which == "record") return markdown ? record_fields_as_markdown() : record_json_schema();
  if (which == "verdict") return markdown ? document_verdict_fields() : verdict_json_schema();
  if (which == "report") return document_report_columns();
  return markdown ? document_calibration_fields() : calibration_json_schema();
}

}  // namespace

void add_schema(Command& app, ExitCode& end) {
  const auto which = std::make_shared<std::string>();
  const auto markdown = std::make_shared<bool>(false);
  Command command = app.add_subcommand("schema", "print a file format as JSON Schema");
  command.add_option("which", *which, "record, calibration, verdict, or report (its columns)")
      .required()
      .one_of({"record", "calibration", "verdict", "report"});
  command.add_flag("--markdown", *markdown, "as a table for people");
  command.on_parse([which, markdown, &end] {
    standard_output() << schema(*which, *markdown);
    end = ExitCode::ok;
  });
}

}  // namespace derate::cli
