// SPDX-License-Identifier: Apache-2.0
// derate estimate model: the time of a language model's step, operation by operation.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/json.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/estimate_commands.h"
#include "cli/options/model_use.h"
#include "cli/options/step_source.h"
#include "estimate/memory_report.h"
#include "estimate/parameters.h"
#include "estimate/step.h"
#include "estimate/training_memory.h"

namespace derate::cli {
namespace {

struct EstimateModelOptions {
  ModelUseOptions use;
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

/// What the command answers, whatever its form.
struct ModelAnswer {
  LanguageModel model;
  Step step;
  StepSize size;
  StepSource source;
  StepMemory memory;
  StepEstimate estimate;  ///< of a step that fits
};

double products_s(const StepEstimate& estimate) {
  double sum_s = 0;
  for (const OperationEstimate& one : estimate.operations) {
    if (one.operation.is_product) sum_s += one.time_s;
  }
  return sum_s;
}

void write_sum(std::ostream& out, const ModelAnswer& answer, Format format) {
  const auto safe = [&](const std::string& text) { return safe_text::for_people(text, format); };
  const auto write_line = [&](const std::string& text) { write_paragraph(out, text, format); };
  const StepEstimate& estimate = answer.estimate;
  const StepSource& source = answer.source;
  const double peak = source.rates.products.peaks.flop_per_s;
  const auto tokens = static_cast<double>(extents_of(answer.size, answer.step).tokens);
  write_line(fmt::format("One {} step of {}: {} [{}, {}], {:.4g} tokens/s", to_string(answer.step),
                         safe(answer.model.name), format_time(estimate.time_s),
                         format_time(estimate.interval_s.low),
                         format_time(estimate.interval_s.high), tokens / estimate.time_s));
  const double in_products_s = products_s(estimate);
  double in_products_flops = 0;
  for (const OperationEstimate& one : estimate.operations) {
    if (one.operation.is_product) in_products_flops += product_flops({one.operation});
  }
  write_line(fmt::format("{} in matrix products, which reach {} of {}; the step as a whole {}",
                         format_percent(in_products_s / estimate.time_s),
                         format_percent(in_products_flops / in_products_s / peak),
                         format_flops(peak),
                         format_percent(estimate.flops / estimate.time_s / peak)));
  write_line(
      fmt::format("{:.4g} parameters; products: {}; memory: {}, and {} to start each "
                  "operation",
                  parameters(answer.model).total(), safe(source.products),
                  safe(source.memory_source), format_time(source.rates.memory.launch_s)));
  write_line(fmt::format(
      "The interval is the sum of all lows and highs: errors of operations are not independent. "
      "Nothing overlaps{}.",
      answer.size.fused_attention ? ""
                                  : ",\nand nothing is fused: --attention fused keeps scores on "
                                    "the chip"));
}

nlohmann::ordered_json json_of(const OperationEstimate& one) {
  nlohmann::ordered_json line = {{"operation", one.operation.name}, {"count", one.operation.count}};
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
  return line;
}

nlohmann::ordered_json json_of(const ModelAnswer& answer, bool has_room) {
  nlohmann::ordered_json json = {
      {"model", answer.model.name},
      {"step", to_string(answer.step)},
      {"precision", to_string(answer.model.precision)},
      {"batch_sequences", answer.size.batch},
      {"context", answer.size.sequence},
      {"parameters", parameters(answer.model).total()},
      {"memory", derate::json_of(answer.memory, answer.source.memory_bytes)}};
  if (!has_room) return json;
  const StepEstimate& estimate = answer.estimate;
  json["product_flops"] = estimate.flops;
  json["time_s"] = {{"value", estimate.time_s},
                    {"low", estimate.interval_s.low},
                    {"high", estimate.interval_s.high}};
  for (const OperationEstimate& one : estimate.operations) {
    json["operations"].push_back(json_of(one));
  }
  return json;
}

void write_table(std::ostream& out, const ModelAnswer& answer, Format format) {
  std::vector<OperationLine> lines;
  for (const OperationEstimate& one : answer.estimate.operations) {
    lines.push_back({one, one.time_s / answer.estimate.time_s});
  }
  write(out, std::span<const OperationColumn>(kOperationColumns), lines, format,
        {.least_first = kOperationsLeastFirst, .shortest_text = 20});
  if (format == Format::csv) return;
  out << '\n';
  write_sum(out, answer, format);
}

TrainingTask task_of(const ModelAnswer& answer) {
  TrainingTask task;
  task.model = answer.model;
  task.batch = answer.size.batch;
  task.sequence = answer.size.sequence;
  task.fused_attention = answer.size.fused_attention;
  return task;
}

ExitCode estimate_model(const EstimateModelOptions& options) {
  const ModelFile file = read_model(options.use.file);
  ModelAnswer answer{file.model,
                     options.step,
                     size_of(options.use, file),
                     step_source(options.source, file.model.precision),
                     {},
                     {}};
  const StepMemory memory =
      options.step == Step::training
          ? training_memory(task_of(answer), {.micro_batch = answer.size.batch})
          : inference_memory(answer.model, answer.size, options.step);
  answer.memory = with_set_aside(memory, answer.source.memory_bytes, kSetAsideShare);
  const bool has_room = fits(answer.memory, answer.source.memory_bytes);
  if (has_room) {
    answer.estimate =
        estimate_step(operations(answer.model, answer.size, options.step), answer.source.rates);
  }
  if (options.format == Format::json) {
    standard_output() << dumped(json_of(answer, has_room), 2) << "\n";
  } else {
    if (has_room) write_table(standard_output(), answer, options.format);
    const bool is_csv = options.format == Format::csv;
    if (!is_csv || !has_room) {
      write_memory(is_csv ? standard_error() : standard_output(), answer.memory,
                   answer.source.memory_bytes, options.format);
    }
  }
  return has_room ? ExitCode::ok : kDoesNotFit;
}

}  // namespace

void add_estimate_model(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateModelOptions>();
  Command command =
      estimate.add_subcommand("model", "the time of a model's step, operation by operation");
  add_model_use(command, options->use);
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
