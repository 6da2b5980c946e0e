// SPDX-License-Identifier: Apache-2.0
// derate estimate model: the time of a transformer's step, operation by operation.
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <memory>

#include "base/json.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/estimate_commands.h"
#include "cli/options/step_source.h"
#include "estimate/step.h"

namespace derate::cli {
namespace {

struct EstimateModelOptions {
  std::filesystem::path file;
  StepSourceOptions source;
  Step step = Step::training;
  Format format = Format::table;
};

/// "4096 x 3072 x 768", with "96 of " before it for the heads of a batch.
std::string size_of(const Operation& operation) {
  if (!operation.is_product) return format_bytes(operation.bytes);
  const std::string shape =
      fmt::format("{} x {} x {}", operation.shape.m, operation.shape.n, operation.shape.k);
  return operation.products > 1 ? fmt::format("{} of {}", operation.products, shape) : shape;
}

struct OperationLine {
  OperationEstimate estimate;
  double share = 0;  ///< of the step's time
};

using OperationColumn = Column<OperationLine>;

const std::array kOperationColumns = {
    OperationColumn{"operation", "operation", "",
                    [](const OperationLine& l) -> Value { return l.estimate.operation.name; }},
    OperationColumn{"count", "times", "",
                    [](const OperationLine& l) -> Value { return l.estimate.operation.count; }},
    OperationColumn{"size", "m x n x k, or bytes", "",
                    [](const OperationLine& l) -> Value { return size_of(l.estimate.operation); }},
    OperationColumn{"time_s", "time", "",
                    [](const OperationLine& l) -> Value { return l.estimate.time_s; },
                    [](const OperationLine& l) { return format_time(l.estimate.time_s); }},
    OperationColumn{"share", "share", "", [](const OperationLine& l) -> Value { return l.share; },
                    [](const OperationLine& l) { return format_percent(l.share); }},
    OperationColumn{"time_low_s", "at least", "",
                    [](const OperationLine& l) -> Value { return l.estimate.interval_s.low; },
                    [](const OperationLine& l) { return format_time(l.estimate.interval_s.low); }},
    OperationColumn{"time_high_s", "at most", "",
                    [](const OperationLine& l) -> Value { return l.estimate.interval_s.high; },
                    [](const OperationLine& l) { return format_time(l.estimate.interval_s.high); }},
    OperationColumn{"bound", "bound", "",
                    [](const OperationLine& l) -> Value { return l.estimate.bound; }},
    OperationColumn{"extrapolated", "extrapolated", "", [](const OperationLine& l) -> Value {
                      return std::string_view(l.estimate.extrapolated ? "yes" : "no");
                    }}};

constexpr std::array<std::string_view, 7> kOperationsLeastFirst = {
    "extrapolated", "bound", "count", "time_low_s", "time_high_s", "size", "share"};

void write_sum(std::ostream& out, const Transformer& model, Step step, const StepEstimate& estimate,
               const StepSource& source, Format format) {
  const auto safe = [&](const std::string& text) { return safe_text::for_people(text, format); };
  const auto write_line = [&](const std::string& text) { write_paragraph(out, text, format); };
  const std::int64_t tokens = step == Step::decode ? model.batch : model.batch * model.sequence;
  double products_s = 0;
  for (const OperationEstimate& one : estimate.operations) {
    if (one.operation.is_product) products_s += one.time_s;
  }
  out << '\n';
  write_line(fmt::format(
      "One {} step of {}: {} [{}, {}], {:.4g} tokens/s", to_string(step), safe(model.name),
      format_time(estimate.time_s), format_time(estimate.interval_s.low),
      format_time(estimate.interval_s.high), static_cast<double>(tokens) / estimate.time_s));
  write_line(
      fmt::format("{} in matrix products, which reach {} of {}; the step as a whole {}",
                  format_percent(products_s / estimate.time_s),
                  format_percent(estimate.flops / products_s / source.peak_flop_per_s),
                  format_flops(source.peak_flop_per_s),
                  format_percent(estimate.flops / estimate.time_s / source.peak_flop_per_s)));
  write_line(
      fmt::format("{:.4g} parameters; products: {}; memory: {}, and {} to start each operation",
                  parameters(model), safe(source.products), safe(source.memory_source),
                  format_time(source.memory.launch_s)));
  write_line(
      "The interval is the sum of all lows and highs: errors of operations are not independent. "
      "Nothing is\nfused, and nothing overlaps: a program that fuses attention is faster.");
}

nlohmann::ordered_json json_of(const Transformer& model, Step step, const StepEstimate& estimate) {
  nlohmann::ordered_json json = {{"model", model.name},
                                 {"step", to_string(step)},
                                 {"precision", to_string(model.precision)},
                                 {"parameters", parameters(model)},
                                 {"product_flops", estimate.flops},
                                 {"time_s",
                                  {{"value", estimate.time_s},
                                   {"low", estimate.interval_s.low},
                                   {"high", estimate.interval_s.high}}}};
  for (const OperationEstimate& one : estimate.operations) {
    nlohmann::ordered_json line = {{"operation", one.operation.name},
                                   {"count", one.operation.count}};
    if (one.operation.is_product) {
      const GemmShape& shape = one.operation.shape;
      line["shape"] = {shape.m, shape.n, shape.k};
      line["products"] = one.operation.products;
    } else {
      line["bytes"] = one.operation.bytes;
    }
    line["time_s"] = {
        {"value", one.time_s}, {"low", one.interval_s.low}, {"high", one.interval_s.high}};
    line["bound"] = one.bound;
    line["extrapolated"] = one.extrapolated;
    json["operations"].push_back(line);
  }
  return json;
}

ExitCode estimate_model(const EstimateModelOptions& options) {
  const Transformer model = read_transformer(options.file);
  const StepSource source = step_source(options.source, model.precision);
  const StepEstimate estimate =
      estimate_step(operations(model, options.step), source.model, source.memory, source.batching);
  if (options.format == Format::json) {
    std::cout << dumped(json_of(model, options.step, estimate), 2) << "\n";
    return ExitCode::ok;
  }
  std::vector<OperationLine> lines;
  for (const OperationEstimate& one : estimate.operations) {
    lines.push_back({one, one.time_s / estimate.time_s});
  }
  write(std::cout, std::span<const OperationColumn>(kOperationColumns), lines, options.format,
        {kOperationsLeastFirst});
  if (options.format != Format::csv) {
    write_sum(std::cout, model, options.step, estimate, source, options.format);
  }
  return ExitCode::ok;
}

}  // namespace

void add_estimate_model(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateModelOptions>();
  Command command =
      estimate.add_subcommand("model", "the time of a transformer's step, operation by operation");
  command.add_option("file", options->file, "the model file (JSON)").required();
  add_step_source(command, options->source);
  command
      .add_option_function(
          "--step",
          [options](const std::string& word) {
            for (std::size_t i = 0; i < kStepNames.size(); ++i) {
              if (kStepNames[i] == word) options->step = static_cast<Step>(i);
            }
          },
          "training (forward, backward, update), prefill (read the batch), or decode (one token "
          "for each sequence)")
      .one_of(std::vector<std::string>(kStepNames.begin(), kStepNames.end()))
      .default_text("training");
  add_format(command, options->format);
  command.on_parse([options, &end] { end = estimate_model(*options); });
}

}  // namespace derate::cli
