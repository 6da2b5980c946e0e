// SPDX-License-Identifier: Apache-2.0
// derate validate: fits the model of matrix products to some rows of a table and tests it on
// others.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/analysis.h"
#include "cli/commands.h"
#include "cli/named_device.h"
#include "derate/peak.h"
#include "gemm_table.h"
#include "gemm_validation_report.h"

namespace derate::cli {
namespace {

constexpr std::array kPrecisions = {Precision::f64, Precision::f32,  Precision::tf32,
                                    Precision::f16, Precision::bf16, Precision::fp8,
                                    Precision::fp4, Precision::i8};

struct ValidateOptions {
  std::filesystem::path table;
  std::string device;
  Precision precision = Precision::bf16;
  ValidationPlan plan;
  Format format = Format::table;
};

std::string source_of(const std::optional<Peak>& peak) { return peak ? peak->n_source : ""; }

ExitCode validate(const ValidateOptions& options) {
  const Device device = find_device(options.device).device;
  const std::optional<GemmPeaks> peaks = gemm_peaks_of(device, options.precision);
  if (!peaks) {
    throw Error(ExitCode::usage,
                fmt::format("the peak in {} or that of the memory is unknown for {}",
                            to_string(options.precision), device.name));
  }
  const GemmTable table = read_gemm_table(options.table);
  warn_of(table.bad);
  ValidationReport report;
  report.table = options.table.filename().string();
  report.rows = table.rows;
  report.rows_left_out = static_cast<std::int64_t>(table.bad.size());
  report.shapes = table.samples.size();
  report.device = device.name;
  report.precision = options.precision;
  report.peaks = *peaks;
  report.compute_source =
      source_of(peak_of(device, Bound::compute, options.precision, Units::tensor));
  report.memory_source = source_of(peak_of(device, Bound::memory, options.precision));
  report.plan = options.plan;
  report.validation = validate_gemm_model(table.samples, *peaks, options.plan);
  write_validation(std::cout, report, options.format);
  return ExitCode::ok;
}

void add_precision(CLI::App& command, Precision& precision) {
  std::vector<std::string> words;
  for (const Precision each : kPrecisions) words.emplace_back(to_string(each));
  command
      .add_option_function<std::string>(
          "--precision",
          [&precision](const std::string& word) {
            precision = *std::find_if(kPrecisions.begin(), kPrecisions.end(),
                                      [&](Precision each) { return to_string(each) == word; });
          },
          "format of the operands: " + fmt::format("{}", fmt::join(words, ", ")))
      ->check(CLI::IsMember(words))
      ->default_str("bf16");
}

}  // namespace

void add_validate(CLI::App& app, ExitCode& end) {
  const auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = app.add_subcommand(
      "validate", "test the model of matrix products on shapes that it has not seen");
  command
      ->add_option("--gemm-table", options->table,
                   "CSV file with the columns m, n, k and seconds, measured on the device")
      ->required();
  command
      ->add_option("--device", options->device,
                   "a device at hand (host, cuda:1) or a product (\"Tesla P40\", H200)")
      ->required();
  add_precision(*command, options->precision);
  command->add_option("--train", options->plan.train, "shapes to fit to")
      ->check(CLI::Range(kFewestGemmSamples, std::size_t{1'000'000}))
      ->capture_default_str();
  command->add_option("--test", options->plan.test, "shapes to test on; 0 for all the others")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--seed", options->plan.seed, "of the choice between the two")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option_function<std::string>(
          "--hold-out",
          [options](const std::string& word) {
            options->plan.hold_out = word == "nk" ? HoldOut::pairs : HoldOut::rows;
          },
          "rows, or whole (n, k) pairs, each of which is held out once in five fits")
      ->check(CLI::IsMember({"rows", "nk"}))
      ->default_str("rows");
  command->add_option("--confidence", options->plan.confidence, "of the intervals")
      ->check(CLI::Range(0.01, 0.999))
      ->capture_default_str();
  add_format(*command, options->format);
  command->add_flag_callback(
      "--json", [options] { options->format = Format::json; }, "the same as --format json");
  command->callback([options, &end] { end = validate(*options); });
}

}  // namespace derate::cli
