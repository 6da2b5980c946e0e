// SPDX-License-Identifier: Apache-2.0
// derate estimate parameters: the parameters of a language model by part.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <vector>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/estimate_commands.h"
#include "estimate/model_file.h"
#include "estimate/parameters.h"

namespace derate::cli {
namespace {

struct EstimateParametersOptions {
  std::filesystem::path file;
  Format format = Format::table;
};

struct ParameterLine {
  std::string_view part;
  double count = 0;
  double share = 0;  ///< of the total
};

using ParameterColumn = Column<ParameterLine>;

const std::array kParameterColumns = {
    ParameterColumn{"part", "part", "", [](const ParameterLine& l) -> Value { return l.part; }},
    ParameterColumn{
        "parameters", "parameters", "",
        [](const ParameterLine& l) -> Value { return static_cast<std::int64_t>(l.count); }},
    ParameterColumn{"share", "share", "", [](const ParameterLine& l) -> Value { return l.share; },
                    [](const ParameterLine& l) { return format_percent(l.share); }}};

/// Parts that the model has, then their sums.
std::vector<ParameterLine> lines_of(const ParameterCount& count) {
  const double total = count.total();
  std::vector<ParameterLine> lines;
  const auto add = [&](std::string_view part, double parameters) {
    if (parameters > 0) lines.push_back({part, parameters, parameters / total});
  };
  add("embedding", count.embedding);
  add("positions", count.positions);
  add("attention", count.attention);
  add("feed forward", count.feed_forward);
  add("routed experts", count.routed_experts);
  add("shared experts", count.shared_experts);
  add("routers", count.routers);
  add("norms", count.norms);
  add("head", count.head);
  add("total", total);
  if (count.idle > 0) add("active for a token", count.active());
  add("besides: predicting further tokens", count.predicted_ahead);
  return lines;
}

ExitCode estimate_parameters(const EstimateParametersOptions& options) {
  const LanguageModel model = read_model(options.file).model;
  const std::vector<ParameterLine> lines = lines_of(parameters(model));
  write(standard_output(), std::span<const ParameterColumn>(kParameterColumns), lines,
        options.format, {});
  return ExitCode::ok;
}

}  // namespace

void add_estimate_parameters(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateParametersOptions>();
  Command command =
      estimate.add_subcommand("parameters", "the parameters of a language model by part");
  command
      .add_option("file", options->file,
                  "the model: the config.json beside its weights, or a model file (JSON)")
      .required();
  add_format(command, options->format);
  command.on_parse([options, &end] { end = estimate_parameters(*options); });
}

}  // namespace derate::cli
