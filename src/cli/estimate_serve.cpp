// SPDX-License-Identifier: Apache-2.0
// derate estimate serve: memory, largest batch, and times of a language model that answers prompts.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "base/json.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/estimate_commands.h"
#include "cli/options/quantity.h"
#include "cli/options/step_source.h"
#include "estimate/layout.h"
#include "estimate/memory_report.h"
#include "estimate/model_file.h"
#include "estimate/number_format.h"
#include "estimate/parameters.h"
#include "estimate/serving.h"
#include "estimate/training_plan.h"

namespace derate::cli {
namespace {

constexpr Limits kSetAside = {0, 0.9};
constexpr Limits kServingLink = {1, 1e18};
constexpr Limits kServingLatency_s = {0, 60};

struct EstimateServeOptions {
  std::filesystem::path file;
  StepSourceOptions source;
  ServingPlan plan;
  Range link_bytes_per_s = exactly(kUnknown);
  double link_latency_s = kAssumedLatency_s;
  Format format = Format::table;
};

/// What divides the work must divide the model, and what is read must be what it was made for.
void require_possible(const ServingPlan& plan) {
  const auto refuse = [](const std::string& what) { throw Error(ExitCode::usage, what); };
  const std::int64_t devices = plan.tensor_parallel;
  if (const std::string why = why_not_tensor(devices, plan.model); !why.empty()) refuse(why);
  const std::int64_t longest = plan.model.longest_context;
  const std::int64_t tokens = plan.prompt_tokens + plan.output_tokens;
  if (longest > 0 && tokens > longest) {
    refuse(
        fmt::format("--prompt-tokens and --output-tokens: {} together are more than the {} that "
                    "{} takes",
                    tokens, longest, plan.model.name));
  }
  if (devices > 1 && !plan.link) {
    refuse("--link-bytes-per-s: how fast is the link between the tensor-parallel devices?");
  }
}

struct FigureLine {
  std::string_view figure;
  Range range;
  std::string (*text)(double);
};

std::string per_s(double value) { return fmt::format("{:.4g} tokens/s", value); }

using FigureColumn = Column<FigureLine>;

const std::array kFigureColumns = {
    FigureColumn{"figure", "figure", "", [](const FigureLine& l) -> Value { return l.figure; }},
    FigureColumn{"value", "value", "", [](const FigureLine& l) -> Value { return l.range.value; },
                 [](const FigureLine& l) { return l.text(l.range.value); }},
    FigureColumn{"low", "at least", "", [](const FigureLine& l) -> Value { return l.range.low; },
                 [](const FigureLine& l) { return l.text(l.range.low); }},
    FigureColumn{"high", "at most", "", [](const FigureLine& l) -> Value { return l.range.high; },
                 [](const FigureLine& l) { return l.text(l.range.high); }}};

std::vector<FigureLine> figures_of(const ServingEstimate& estimate) {
  return {{"time to first token, a prompt alone", estimate.first_token_s, format_time},
          {"time per token, decode alone", estimate.token_s, format_time},
          {"output of all sequences, decode alone", estimate.decode_per_s, per_s},
          {"time per token, with prompts between", estimate.mixed_token_s, format_time},
          {"output of all sequences, with prompts", estimate.mixed_per_s, per_s}};
}

nlohmann::ordered_json json_of(const Range& range) {
  return {{"value", range.value}, {"low", range.low}, {"high", range.high}};
}

nlohmann::ordered_json json_of(const ServingPlan& plan, const ServingEstimate& estimate) {
  nlohmann::ordered_json json = {{"kind", "derate serving estimate"},
                                 {"model", plan.model.name},
                                 {"parameters", parameters(plan.model).total()},
                                 {"batch_sequences", plan.batch},
                                 {"prompt_tokens", plan.prompt_tokens},
                                 {"output_tokens", plan.output_tokens},
                                 {"tensor_parallel", plan.tensor_parallel},
                                 {"memory", derate::json_of(estimate.memory, plan.device_bytes)}};
  if (plan.device_bytes > 0) json["largest_batch"] = estimate.largest_batch;
  if (!estimate.fits) return json;
  json["first_token_s"] = json_of(estimate.first_token_s);
  json["token_s"] = json_of(estimate.token_s);
  json["decode_tokens_per_s"] = json_of(estimate.decode_per_s);
  json["mixed_token_s"] = json_of(estimate.mixed_token_s);
  json["mixed_tokens_per_s"] = json_of(estimate.mixed_per_s);
  return json;
}

std::string sequences(std::int64_t count) {
  return fmt::format("{} sequence{}", count, count == 1 ? "" : "s");
}

void write_serving(std::ostream& out, const ServingPlan& plan, const ServingEstimate& estimate,
                   const StepSource& source, Format format) {
  if (format == Format::csv) {
    if (estimate.fits) {
      write(out, std::span<const FigureColumn>(kFigureColumns), figures_of(estimate), format, {});
    } else {
      write_memory(standard_error(), estimate.memory, plan.device_bytes, format);
    }
    return;
  }
  const auto safe = [&](const std::string& text) { return safe_text::for_people(text, format); };
  write_paragraph(out,
                  fmt::format("{} on {} x {}: {} at once, of {} + {} tokens", safe(plan.model.name),
                              plan.tensor_parallel, safe(source.device), sequences(plan.batch),
                              plan.prompt_tokens, plan.output_tokens),
                  format);
  if (estimate.fits) {
    out << '\n';
    write(out, std::span<const FigureColumn>(kFigureColumns), figures_of(estimate), format, {});
    out << '\n';
  }
  write_memory(out, estimate.memory, plan.device_bytes, format);
  if (plan.device_bytes > 0) {
    write_paragraph(
        out, fmt::format("the largest batch that fits: {}", sequences(estimate.largest_batch)),
        format);
  }
  write_paragraph(
      out,
      fmt::format("{:.4g} parameters; products: {}; memory: {}", parameters(plan.model).total(),
                  safe(source.products), safe(source.memory_source)),
      format);
}

ExitCode estimate_serve(const EstimateServeOptions& options) {
  ServingPlan plan = options.plan;
  plan.model = read_model(options.file).model;
  const StepSource source = step_source(options.source, plan.model.precision);
  if (!std::isnan(options.link_bytes_per_s.value)) {
    plan.link = Link{options.link_bytes_per_s, options.link_latency_s};
  } else if (source.link_bytes_per_s) {
    plan.link = Link{*source.link_bytes_per_s, options.link_latency_s};
  }
  require_possible(plan);
  plan.rates = source.rates;
  plan.device_bytes = source.memory_bytes;
  const ServingEstimate estimate = estimate_serving(plan);
  if (options.format == Format::json) {
    standard_output() << dumped(json_of(plan, estimate), 2) << "\n";
  } else {
    write_serving(standard_output(), plan, estimate, source, options.format);
  }
  return estimate.fits ? ExitCode::ok : kDoesNotFit;
}

void add_stored_format(Command& command, const std::string& name, double& bytes,
                       const std::string& meaning) {
  command
      .add_option_function(
          name, [&bytes](const std::string& word) { bytes = *stored_bytes(word); }, meaning)
      .one_of(stored_format_names())
      .default_text("as the model's");
}

void add_serving(Command& command, EstimateServeOptions& options) {
  ServingPlan& plan = options.plan;
  constexpr std::int64_t kMost = 1'000'000;
  command.add_option("--batch-sequences", plan.batch, "sequences at once")
      .range(std::int64_t{1}, kMost)
      .show_default();
  command.add_option("--prompt-tokens", plan.prompt_tokens, "of each sequence")
      .required()
      .range(std::int64_t{1}, 100 * kMost);
  command.add_option("--output-tokens", plan.output_tokens, "of each sequence")
      .range(std::int64_t{1}, 100 * kMost)
      .show_default();
  add_stored_format(command, "--weights", plan.weight_bytes,
                    "format of the weights alone, which are multiplied in the model's");
  add_stored_format(command, "--keys-values", plan.key_value_bytes, "format of keys and values");
}

void add_devices(Command& command, EstimateServeOptions& options) {
  constexpr std::int64_t kMostDevices = 1024;
  command
      .add_option("--tensor-parallel", options.plan.tensor_parallel,
                  "devices that share every layer")
      .range(std::int64_t{1}, kMostDevices)
      .show_default();
  add_range(command, "--link-bytes-per-s", options.link_bytes_per_s, "one way between two of them",
            kServingLink);
  add_quantity(command, "--link-latency", options.link_latency_s,
               "seconds that each message takes besides (1e-5)", kServingLatency_s);
  add_quantity(command, "--set-aside", options.plan.set_aside_share,
               "share of the memory for driver, libraries and fragmentation (0.1)", kSetAside);
}

}  // namespace

void add_estimate_serve(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateServeOptions>();
  Command command = estimate.add_subcommand(
      "serve",
      "what a language model delivers: time to first token, time per token, largest batch");
  command
      .add_option("file", options->file,
                  "the model: the config.json beside its weights, or a model file (JSON)")
      .required();
  add_step_source(command, options->source);
  add_serving(command, *options);
  add_devices(command, *options);
  add_format(command, options->format);
  command.on_parse([options, &end] { end = estimate_serve(*options); });
}

}  // namespace derate::cli
