// SPDX-License-Identifier: Apache-2.0
// A layout is possible where every part of the model divides by the devices that share it.
#include "estimate/layout.h"

#include <fmt/format.h>

namespace derate {
namespace {

std::string does_not_divide(const char* option, std::int64_t devices, std::int64_t whole,
                            const char* of) {
  if (whole % devices == 0) return {};
  return fmt::format("{}: {} does not divide the {} {}", option, devices, whole, of);
}

std::string why_not_adapters(const Layout& layout, const TrainingTask& task) {
  if (task.adapter_rank == 0) return {};
  for (const Block& block : task.model.blocks) {
    if (block.attention.latent) return "--trainable: adapters of latent attention are not known";
  }
  return layout.expert > 1 ? "--trainable: adapters are not split by --expert-parallel" : "";
}

std::string why_not_expert(const Layout& layout, const TrainingTask& task) {
  if (layout.expert == 1) return {};
  bool has_experts = false;
  for (const Block& block : task.model.blocks) {
    if (!block.experts) continue;
    has_experts = true;
    std::string why =
        does_not_divide("--expert-parallel", layout.expert, block.experts->routed, "experts");
    if (!why.empty()) return why;
  }
  if (!has_experts) return "--expert-parallel: the model has no experts";
  return does_not_divide("--expert-parallel", layout.expert, layout.data, "data-parallel devices");
}

std::string why_not_pipeline(const Layout& layout, const TrainingTask& task) {
  const std::int64_t parts = layout.pipeline * layout.interleaving;
  if (layout.pipeline == 1 && layout.interleaving > 1) {
    return "--interleaving: needs --pipeline-parallel stages";
  }
  return does_not_divide("--pipeline-parallel", parts, layers_of(task.model), "layers");
}

}  // namespace

std::int64_t micro_batches_of(const Layout& layout, const TrainingTask& task) {
  return task.batch / (layout.data * layout.micro_batch);
}

std::string why_not_tensor(std::int64_t devices, const LanguageModel& model) {
  for (const Block& block : model.blocks) {
    const Attention& attention = block.attention;
    std::string why = does_not_divide("--tensor-parallel", devices, attention.heads, "heads");
    const std::int64_t keys = attention.key_value_heads;
    if (why.empty() && keys % devices != 0 && devices % keys != 0) {
      why = does_not_divide("--tensor-parallel", devices, keys, "heads of keys");
    }
    if (why.empty() && block.dense.width > 0) {
      why = does_not_divide("--tensor-parallel", devices, block.dense.width,
                            "units of the hidden layer");
    }
    if (!why.empty()) return why;
  }
  return {};
}

std::string why_not(const Layout& layout, const TrainingTask& task) {
  std::string why = why_not_tensor(layout.tensor, task.model);
  if (why.empty() && layout.sequence_parallel && layout.tensor == 1) {
    why = "--sequence-parallel: needs --tensor-parallel devices";
  }
  if (why.empty()) why = why_not_adapters(layout, task);
  if (why.empty()) why = why_not_pipeline(layout, task);
  if (why.empty()) why = why_not_expert(layout, task);
  if (why.empty()) {
    why = does_not_divide("--context-parallel", layout.context, task.sequence,
                          "tokens of a sequence");
  }
  if (why.empty()) {
    why = does_not_divide("--micro-batch", layout.data * layout.micro_batch, task.batch,
                          "sequences of --batch-sequences, with the data-parallel devices,");
  }
  const bool interleaves = layout.interleaving > 1;
  if (why.empty() && interleaves && micro_batches_of(layout, task) % layout.pipeline != 0) {
    why = fmt::format("--interleaving: {} micro-batches are no multiple of {} stages",
                      micro_batches_of(layout, task), layout.pipeline);
  }
  return why;
}

std::string to_string(const Layout& layout) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (layout.tensor > 1) {
    add(fmt::format("tensor {}{}", layout.tensor, layout.sequence_parallel ? " (sequence)" : ""));
  }
  if (layout.pipeline > 1) {
    const bool interleaves = layout.interleaving > 1;
    add(interleaves ? fmt::format("pipeline {} x {}", layout.pipeline, layout.interleaving)
                    : fmt::format("pipeline {}", layout.pipeline));
  }
  if (layout.context > 1) add(fmt::format("context {}", layout.context));
  if (layout.expert > 1) add(fmt::format("expert {}", layout.expert));
  if (layout.data > 1) add(fmt::format("data {}", layout.data));
  if (layout.sharding != Sharding::none) {
    add(fmt::format("ZeRO {}", static_cast<int>(layout.sharding)));
  }
  add(fmt::format("micro-batch {}", layout.micro_batch));
  if (layout.recompute != Recompute::none) {
    add(layout.recompute == Recompute::full ? "full recomputation" : "selective recomputation");
  }
  return text;
}

}  // namespace derate
