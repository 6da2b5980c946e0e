// SPDX-License-Identifier: Apache-2.0
// derate estimate gemm: the time of a matrix product of any shape, learned from a table of measured
// ones.
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/estimate.h"
#include "cli/gemm_input.h"
#include "derate/units.h"
#include "table.h"

namespace derate::cli {
namespace {

struct EstimateGemmOptions {
  GemmInput input;
  GemmShape shape;
  double confidence = 0.9;
  Format format = Format::table;
};

/// A shape and what the model says of it.
struct Answer {
  GemmShape shape;
  GemmPrediction prediction;
  double eta = 0;  ///< operations ÷ time ÷ peak
};

using C = Column<Answer>;

const std::array kColumns = {
    C{"m", "m", "", [](const Answer& a) -> Value { return a.shape.m; }},
    C{"n", "n", "", [](const Answer& a) -> Value { return a.shape.n; }},
    C{"k", "k", "", [](const Answer& a) -> Value { return a.shape.k; }},
    C{"time_s", "time", "", [](const Answer& a) -> Value { return a.prediction.time_s; },
      [](const Answer& a) { return format_time(a.prediction.time_s); }},
    C{"time_low_s", "at least", "",
      [](const Answer& a) -> Value { return a.prediction.interval_s.low; },
      [](const Answer& a) { return format_time(a.prediction.interval_s.low); }},
    C{"time_high_s", "at most", "",
      [](const Answer& a) -> Value { return a.prediction.interval_s.high; },
      [](const Answer& a) { return format_time(a.prediction.interval_s.high); }},
    C{"confidence", "", "",
      [](const Answer& a) -> Value { return a.prediction.interval_s.confidence; }},
    C{"eta", "η", "", [](const Answer& a) -> Value { return a.eta; },
      [](const Answer& a) { return format_percent(a.eta); }},
    C{"bound", "bound", "", [](const Answer& a) -> Value { return to_string(a.prediction.bound); }},
    C{"distance_octaves", "octaves away", "",
      [](const Answer& a) -> Value { return a.prediction.distance_octaves; },
      [](const Answer& a) { return fmt::format("{:.2f}", a.prediction.distance_octaves); }},
    C{"extrapolated", "extrapolated", "", [](const Answer& a) -> Value {
        return std::string_view(a.prediction.extrapolated ? "yes" : "no");
      }}};

ExitCode estimate_gemm(const EstimateGemmOptions& options) {
  const Gemms gemms = read_gemms(options.input);
  const GemmModel model = GemmModel::fit(gemms.table.samples, gemms.peaks);
  const GemmPrediction prediction = model.predict(options.shape, options.confidence);
  const double eta = gemm_flop(options.shape) / prediction.time_s / gemms.peaks.flop_per_s;
  const std::array answers = {Answer{options.shape, prediction, eta}};
  write(std::cout, std::span<const C>(kColumns), answers, options.format);
  if (prediction.extrapolated && options.format == Format::table) {
    std::cout << "No measured shape is near: nothing tests this time and its interval.\n";
  }
  return ExitCode::ok;
}

}  // namespace

void add_estimate_gemm(CLI::App& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateGemmOptions>();
  CLI::App* command = estimate.add_subcommand(
      "gemm", "the time of a matrix product of any shape, from a table of measured ones");
  add_gemm_input(*command, options->input);
  const auto add_extent = [&](const char* name, std::int64_t& extent, const char* meaning) {
    command->add_option(name, extent, meaning)
        ->required()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  };
  add_extent("--m", options->shape.m, "rows of A and of the result");
  add_extent("--n", options->shape.n, "columns of B and of the result");
  add_extent("--k", options->shape.k, "columns of A and rows of B");
  command->add_option("--confidence", options->confidence, "of the interval")
      ->check(CLI::Range(0.01, 0.999))
      ->capture_default_str();
  add_format(*command, options->format);
  command->callback([options, &end] { end = estimate_gemm(*options); });
}

}  // namespace derate::cli
