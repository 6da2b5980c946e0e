// SPDX-License-Identifier: Apache-2.0
// derate validate: fits the GEMM model to some rows of a table and tests it on
// others.
#include <memory>

#include "base/kept_streams.h"
#include "cli/commands.h"
#include "cli/options/gemm_table.h"
#include "gemm_model/validation_report.h"

namespace derate::cli {
namespace {

struct ValidateOptions {
  GemmInput input;
  ValidationPlan plan;
  Format format = Format::table;
};

ExitCode validate(const ValidateOptions& options) {
  const Gemms gemms = read_gemms(options.input);
  ValidationReport report;
  report.table = options.input.table.filename().string();
  report.rows = gemms.table.rows;
  report.rows_left_out = static_cast<std::int64_t>(gemms.table.bad.size());
  report.shapes = gemms.table.samples.size();
  report.device = gemms.device.name;
  report.precision = options.input.precision;
  report.peaks = gemms.peaks;
  report.compute_source = gemms.compute_source;
  report.memory_source = gemms.memory_source;
  report.plan = options.plan;
  report.validation = validate_gemm_model(gemms.table.samples, gemms.peaks, options.plan);
  write_validation(standard_output(), report, options.format);
  return ExitCode::ok;
}

}  // namespace

void add_validate(Command& app, ExitCode& end) {
  const auto options = std::make_shared<ValidateOptions>();
  Command command =
      app.add_subcommand("validate", "test the GEMM model on shapes that it has not seen");
  add_gemm_input(command, options->input);
  command.add_option("--train", options->plan.train, "shapes to fit to")
      .range(kFewestGemmSamples, std::size_t{1'000'000})
      .show_default();
  command.add_option("--test", options->plan.test, "shapes to test on; 0 for all the others")
      .range(std::uint64_t{0}, std::uint64_t{1'000'000})
      .show_default();
  // What does not fit into 64 bits is read as the largest that does.
  command.add_option("--seed", options->plan.seed, "of the choice between the two")
      .range(std::uint64_t{0}, std::uint64_t{1'000'000'000'000'000'000})
      .show_default();
  command
      .add_option_function(
          "--hold-out",
          [options](const std::string& word) {
            options->plan.hold_out = word == "nk" ? HoldOut::pairs : HoldOut::rows;
          },
          "rows, or whole (n, k) pairs, each of which is held out once in five fits")
      .one_of({"rows", "nk"})
      .default_text("rows");
  command.add_option("--confidence", options->plan.confidence, "of the intervals")
      .range(0.01, 0.999)
      .show_default();
  add_format(command, options->format);
  command.add_flag_function(
      "--json", [options] { options->format = Format::json; }, "the same as --format json");
  command.on_parse([options, &end] { end = validate(*options); });
}

}  // namespace derate::cli
