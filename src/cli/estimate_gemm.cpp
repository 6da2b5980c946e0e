// SPDX-License-Identifier: Apache-2.0
// derate estimate gemm: the time of a matrix product of any shape, learned from measured ones:
// those of a table, or of a calibration.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"
#include "calibration/losses.h"
#include "cli/commands.h"
#include "cli/estimate_commands.h"
#include "cli/options/gemm_table.h"
#include "derate/calibration.h"
#include "derate/error.h"

namespace derate::cli {
namespace {

struct EstimateGemmOptions {
  std::filesystem::path calibration;
  std::string provider;
  GemmInput input;
  GemmShape shape;
  double confidence = 0.9;
  Format format = Format::table;
};

/// A shape and what the model says of it.
struct Answer {
  GemmShape shape;
  GemmPrediction prediction;
  double eta = 0;     ///< operations ÷ time ÷ peak
  std::string model;  ///< what it was learned from
};

using AnswerColumn = Column<Answer>;

const std::array kAnswerColumns = {
    AnswerColumn{"m", "m", "", [](const Answer& a) -> Value { return a.shape.m; }},
    AnswerColumn{"n", "n", "", [](const Answer& a) -> Value { return a.shape.n; }},
    AnswerColumn{"k", "k", "", [](const Answer& a) -> Value { return a.shape.k; }},
    AnswerColumn{"time_s", "time", "", [](const Answer& a) -> Value { return a.prediction.time_s; },
                 [](const Answer& a) { return format_time(a.prediction.time_s); }},
    AnswerColumn{"time_low_s", "at least", "",
                 [](const Answer& a) -> Value { return a.prediction.interval_s.low; },
                 [](const Answer& a) { return format_time(a.prediction.interval_s.low); }},
    AnswerColumn{"time_high_s", "at most", "",
                 [](const Answer& a) -> Value { return a.prediction.interval_s.high; },
                 [](const Answer& a) { return format_time(a.prediction.interval_s.high); }},
    AnswerColumn{"confidence", "", "",
                 [](const Answer& a) -> Value { return a.prediction.interval_s.confidence; }},
    AnswerColumn{"eta", "η", "", [](const Answer& a) -> Value { return a.eta; },
                 [](const Answer& a) { return format_percent(a.eta); }},
    AnswerColumn{"bound", "bound", "",
                 [](const Answer& a) -> Value { return to_string(a.prediction.bound); }},
    AnswerColumn{
        "distance_octaves", "octaves away", "",
        [](const Answer& a) -> Value { return a.prediction.distance_octaves; },
        [](const Answer& a) { return fmt::format("{:.2f}", a.prediction.distance_octaves); }},
    AnswerColumn{"extrapolated", "extrapolated", "",
                 [](const Answer& a) -> Value {
                   return std::string_view(a.prediction.extrapolated ? "yes" : "no");
                 }},
    AnswerColumn{"model", "", "",
                 [](const Answer& a) -> Value { return std::string_view(a.model); }}};

constexpr std::array<std::string_view, 6> kAnswerLeastFirst = {
    "distance_octaves", "bound", "extrapolated", "eta", "time_low_s", "time_high_s"};

double eta_of(const GemmShape& shape, const GemmPrediction& prediction, const GemmPeaks& peaks) {
  return gemm_flop(shape) / prediction.time_s / peaks.flop_per_s;
}

Answer answer_by_table(const EstimateGemmOptions& options) {
  const Gemms gemms = read_gemms(options.input);
  const GemmPrediction prediction =
      GemmModel::fit(gemms.table.samples, gemms.peaks).predict(options.shape, options.confidence);
  return {options.shape, prediction, eta_of(options.shape, prediction, gemms.peaks),
          options.input.table.filename().string()};
}

Answer answer_by_calibration(const EstimateGemmOptions& options) {
  const Calibration calibration = read_calibration(options.calibration);
  const std::string_view precision = to_string(options.input.precision);
  const GemmPrediction prediction =
      predict_gemm(calibration, precision, options.shape, options.provider, options.confidence);
  const CalibratedGemm& gemm = *gemm_model_of(calibration, precision, options.provider);
  const bool has_peak = gemm.compute_peak == "specified";
  const std::string losses = losses_sentence(calibration, precision, gemm.variant);
  return {
      options.shape, prediction,
      has_peak ? eta_of(options.shape, prediction, gemm.model.peaks) : kUnknown,
      fmt::format("gemm/{} ({}), {}, {}, {}, {} shapes on {}{}{}", gemm.variant,
                  gemm.library.empty() ? gemm.provider : gemm.library, gemm.precision, gemm.cache,
                  gemm.mode, gemm.model.samples.size(), calibration.device.device_name,
                  doubt_of(gemm), losses.empty() ? "" : "; " + losses)};
}

/// Measured shapes come from one place.
void require_one_source(const EstimateGemmOptions& options) {
  const bool has_table = !options.input.table.empty();
  const bool has_device = !options.input.device.empty();
  const bool has_calibration = !options.calibration.empty();
  if (has_calibration ? has_table || has_device : !has_table || !has_device) {
    throw Error(ExitCode::usage,
                "estimate gemm takes either --calibration FILE, or --gemm-table FILE and --device "
                "NAME");
  }
  if (!has_calibration && !options.provider.empty()) {
    throw Error(ExitCode::usage,
                "--provider chooses among the models of a --calibration; a table has none");
  }
}

ExitCode estimate_gemm(const EstimateGemmOptions& options) {
  require_one_source(options);
  const bool by_calibration = !options.calibration.empty();
  const std::array answers = {by_calibration ? answer_by_calibration(options)
                                             : answer_by_table(options)};
  write(standard_output(), std::span<const AnswerColumn>(kAnswerColumns), answers, options.format,
        {kAnswerLeastFirst});
  if (options.format != Format::table) return ExitCode::ok;
  if (by_calibration) write_sentence(standard_output(), "By " + answers.front().model + ".");
  if (answers.front().prediction.extrapolated) {
    write_sentence(standard_output(),
                   "No measured shape is near: nothing tests this time and its interval.");
  }
  return ExitCode::ok;
}

}  // namespace

void add_estimate_gemm(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateGemmOptions>();
  Command command = estimate.add_subcommand(
      "gemm", "the time of a matrix product of any shape, from a calibration or a table");
  command.add_option("--calibration", options->calibration,
                     "calibration.json that holds models (derate run --suite shapes), or its "
                     "folder; in place of --gemm-table and --device");
  command.add_option("--provider", options->provider,
                     "whose products, where the calibration holds several; otherwise a library's");
  add_gemm_input(command, options->input, false);
  const auto add_extent = [&](const char* name, std::int64_t& extent, const char* meaning) {
    command.add_option(name, extent, meaning)
        .required()
        .range(std::int64_t{1}, std::int64_t{1'000'000'000});
  };
  add_extent("--m", options->shape.m, "rows of A and of the result");
  add_extent("--n", options->shape.n, "columns of B and of the result");
  add_extent("--k", options->shape.k, "columns of A and rows of B");
  command.add_option("--confidence", options->confidence, "of the interval")
      .range(0.01, 0.999)
      .show_default();
  add_format(command, options->format);
  command.on_parse([options, &end] { end = estimate_gemm(*options); });
}

}  // namespace derate::cli
