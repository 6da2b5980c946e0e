// SPDX-License-Identifier: Apache-2.0
// derate estimate layout: the training step of a language model that is split over devices, and the
// quickest split that fits.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "base/json.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/estimate_commands.h"
#include "cli/options/layout_options.h"
#include "cli/options/step_source.h"
#include "estimate/layout_report.h"
#include "estimate/memory_report.h"
#include "estimate/model_file.h"

namespace derate::cli {
namespace {

struct EstimateLayoutOptions {
  std::filesystem::path file;
  StepSourceOptions source;
  LayoutOptions layout;
  double tokens = kUnknown;
  bool fit = false;
  Format format = Format::table;
};

constexpr std::size_t kRunnersUp = 10;

/// Of the catalogue, a table or a calibration, with the links that the user gives, or that the
/// calibration measured.
Cluster cluster_of(const EstimateLayoutOptions& options, const StepSource& source) {
  Cluster cluster = links_of(options.layout, source.link_bytes_per_s);
  cluster.rates = source.rates;
  cluster.device_bytes = source.memory_bytes;
  return cluster;
}

std::vector<LayoutEstimate> estimates_of(const EstimateLayoutOptions& options,
                                         const TrainingTask& task, const Cluster& cluster) {
  if (options.fit) return fit_layouts(task, devices_of(options.layout), cluster, kRunnersUp);
  return {estimate_layout(task, layout_of(options.layout, task), cluster)};
}

void write_sources(std::ostream& out, const StepSource& source, bool measured_link, Format format) {
  const std::string link = measured_link ? "; link inside a node: " + source.link_source : "";
  write_paragraph(
      out,
      fmt::format("products: {}; memory: {}{}", safe_text::for_people(source.products, format),
                  safe_text::for_people(source.memory_source, format),
                  safe_text::for_people(link, format)),
      format);
}

ExitCode estimate_layout_command(const EstimateLayoutOptions& options) {
  const TrainingTask task = task_of(options.layout, read_model(options.file));
  const StepSource source = step_source(options.source, task.model.precision);
  const Cluster cluster = cluster_of(options, source);
  const std::vector<LayoutEstimate> found = estimates_of(options, task, cluster);
  const bool fits = !found.empty() && found.front().fits;
  const TrainingRun run = {task, source.rates.products.peaks.flop_per_s, options.tokens};
  if (options.format == Format::json) {
    standard_output() << dumped(json_of(run, found, cluster.device_bytes), 2) << "\n";
  } else if (options.fit) {
    write_layouts(standard_output(), run, found, options.format);
  } else if (options.format == Format::csv && !fits) {
    write_memory(standard_error(), found.front().memory, cluster.device_bytes, options.format);
  } else {
    write_layout(standard_output(), run, found.front(), cluster.device_bytes, options.format);
  }
  const bool is_for_people = options.format == Format::table || options.format == Format::markdown;
  const bool measured_link =
      source.link_bytes_per_s && std::isnan(options.layout.link_bytes_per_s.value);
  if (is_for_people) write_sources(standard_output(), source, measured_link, options.format);
  return fits ? ExitCode::ok : kDoesNotFit;
}

}  // namespace

void add_estimate_layout(Command& estimate, ExitCode& end) {
  const auto options = std::make_shared<EstimateLayoutOptions>();
  Command command = estimate.add_subcommand(
      "layout", "the training step of a model split over devices; --fit finds the quickest split");
  command
      .add_option("file", options->file,
                  "the model: the config.json beside its weights, or a model file (JSON)")
      .required();
  add_step_source(command, options->source);
  add_layout(command, options->layout);
  add_quantity(command, "--tokens", options->tokens, "of the whole training, 2T", {1, 1e24});
  Option fit = command.add_flag(
      "--fit", options->fit,
      "find the quickest layout of --devices that fits the memory, and runners-up; without experts "
      "or contexts");
  for (const char* const chosen :
       {"--tensor-parallel", "--sequence-parallel", "--pipeline-parallel", "--interleaving",
        "--context-parallel", "--expert-parallel", "--zero", "--micro-batch", "--recompute"}) {
    fit.excludes(chosen);
  }
  add_format(command, options->format);
  command.on_parse([options, &end] { end = estimate_layout_command(*options); });
}

}  // namespace derate::cli
