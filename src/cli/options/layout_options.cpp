// SPDX-License-Identifier: Apache-2.0
// Data-parallel devices are those that the other kinds leave of --devices.
#include "cli/options/layout_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "derate/error.h"
#include "estimate/number_format.h"

namespace derate::cli {
namespace {

constexpr std::int64_t kMostDevices = 1'000'000;
constexpr std::int64_t kHighestRank = 65'536;

[[noreturn]] void refuse_layout(const std::string& sentence) {
  throw Error(ExitCode::usage, sentence);
}

/// "all", "lora:16" or "qlora:16", whose frozen weights are of four bits.
void set_trainable(TrainingTask& task, const std::string& text) {
  if (text == "all") return;
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const bool is_known = colon != std::string::npos && (kind == "lora" || kind == "qlora");
  std::int64_t rank = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failed] =
      std::from_chars(text.data() + std::min(colon, text.size() - 1) + 1, end, rank);
  if (!is_known || failed != std::errc{} || stop != end || rank < 1 || rank > kHighestRank) {
    refuse_layout(
        fmt::format("--trainable: \"{}\" is none of all, lora:RANK and qlora:RANK, of a "
                    "rank from 1 to {}",
                    text, kHighestRank));
  }
  task.adapter_rank = rank;
  if (kind == "qlora") task.weight_bytes = *stored_bytes("int4");
}

void add_kinds(Command& command, LayoutOptions& options) {
  const auto add_devices = [&](const char* name, std::int64_t& devices, const char* meaning) {
    command.add_option(name, devices, meaning).range(std::int64_t{1}, kMostDevices).show_default();
  };
  Layout& layout = options.layout;
  add_devices("--tensor-parallel", layout.tensor, "devices that share every layer");
  command.add_flag("--sequence-parallel", layout.sequence_parallel,
                   "these share norms and residual streams too");
  add_devices("--pipeline-parallel", layout.pipeline, "stages of layers");
  add_devices("--interleaving", layout.interleaving, "parts that each stage's layers come in");
  add_devices("--context-parallel", layout.context, "devices that share every sequence");
  add_devices("--expert-parallel", layout.expert,
              "of the data-parallel devices, those that share the experts");
  command
      .add_option("--zero", options.sharding,
                  "what data-parallel devices share: 1 moments, 2 gradients too, 3 weights too "
                  "(FSDP)")
      .range(0, 3)
      .show_default();
  add_devices("--micro-batch", layout.micro_batch, "sequences that pass a stage at once");
  command.add_option("--recompute", options.recompute, "what the backward pass computes again")
      .one_of({"none", "selective", "full"})
      .show_default();
}

void add_links(Command& command, LayoutOptions& options) {
  constexpr Limits kRate = {1, 1e18};
  command.add_option("--node-devices", options.node_devices, "devices of a node")
      .range(std::int64_t{1}, kMostDevices)
      .show_default();
  add_range(command, "--link-bytes-per-s", options.link_bytes_per_s,
            "one way between devices of a node", kRate);
  add_range(command, "--node-link-bytes-per-s", options.node_link_bytes_per_s,
            "one way between nodes, of each device", kRate);
  add_quantity(command, "--link-latency", options.link_latency_s,
               "seconds that each message takes besides (1e-5)", {0, 60});
  add_quantity(command, "--set-aside", options.set_aside_share,
               "share of the memory for driver, libraries and fragmentation (0.1)", {0, 0.9});
}

}  // namespace

void add_layout(Command& command, LayoutOptions& options) {
  command.add_option("--devices", options.devices, "all of them")
      .range(std::int64_t{1}, kMostDevices);
  command
      .add_option("--batch-sequences", options.batch_sequences,
                  "sequences of one step, over all devices")
      .range(std::int64_t{1}, std::int64_t{100'000'000});
  command.add_option("--context", options.context, "tokens of a sequence")
      .range(std::int64_t{1}, std::int64_t{100'000'000});
  command.add_option("--attention", options.attention, "whether scores stay on the chip")
      .one_of({"fused", "unfused"})
      .show_default();
  command
      .add_option("--trainable", options.trainable,
                  "all weights, adapters of a rank (lora:16), or these on weights of four bits "
                  "(qlora:16)")
      .show_default();
  add_kinds(command, options);
  add_links(command, options);
}

TrainingTask task_of(const LayoutOptions& options, const ModelFile& file) {
  TrainingTask task;
  task.model = file.model;
  task.batch = options.batch_sequences.value_or(file.batch);
  task.sequence = options.context.value_or(file.sequence);
  task.fused_attention = options.attention == "fused";
  if (task.batch == 0) refuse_layout("--batch-sequences: how many sequences has a step?");
  if (task.sequence == 0) refuse_layout("--context: how many tokens has a sequence?");
  const std::int64_t longest = task.model.longest_context;
  if (longest > 0 && task.sequence > longest) {
    refuse_layout(fmt::format("--context: {} tokens are more than the {} that {} takes",
                              task.sequence, longest, task.model.name));
  }
  set_trainable(task, options.trainable);
  return task;
}

std::int64_t devices_of(const LayoutOptions& options) {
  if (!options.devices) refuse_layout("--devices: of how many is the layout sought?");
  return *options.devices;
}

Layout layout_of(const LayoutOptions& options, const TrainingTask& task) {
  Layout layout = options.layout;
  const std::int64_t others = layout.devices();
  const std::int64_t devices = options.devices.value_or(others);
  if (devices % others != 0) {
    refuse_layout(
        fmt::format("--devices: {} is no multiple of the {} of --tensor-parallel, "
                    "--pipeline-parallel and --context-parallel",
                    devices, others));
  }
  layout.data = devices / others;
  layout.sharding = static_cast<Sharding>(options.sharding);
  layout.recompute = options.recompute == "full"        ? Recompute::full
                     : options.recompute == "selective" ? Recompute::selective
                                                        : Recompute::none;
  const std::string why = why_not(layout, task);
  if (!why.empty()) refuse_layout(why);
  return layout;
}

Cluster links_of(const LayoutOptions& options, const std::optional<Range>& measured) {
  Cluster cluster;
  cluster.node_devices = options.node_devices;
  cluster.set_aside_share = options.set_aside_share;
  const std::int64_t devices = options.devices.value_or(options.layout.devices());
  const auto link = [&](const Range& bytes_per_s, bool is_needed, const char* option) {
    const bool is_given = !std::isnan(bytes_per_s.value);
    if (is_needed && !is_given) {
      refuse_layout(fmt::format("{}: how fast is the link between the devices?", option));
    }
    return Link{is_given ? bytes_per_s : exactly(1), options.link_latency_s};
  };
  const bool is_given = !std::isnan(options.link_bytes_per_s.value);
  cluster.inside = link(is_given ? options.link_bytes_per_s : measured.value_or(exactly(kUnknown)),
                        devices > 1, "--link-bytes-per-s");
  cluster.between = link(options.node_link_bytes_per_s, devices > options.node_devices,
                         "--node-link-bytes-per-s");
  return cluster;
}

}  // namespace derate::cli
