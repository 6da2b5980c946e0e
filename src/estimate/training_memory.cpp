// SPDX-License-Identifier: Apache-2.0
// Of a pipeline the first stage keeps the activations of the most micro-batches, the last the
// logits: whichever needs more counts.
#include "estimate/training_memory.h"

#include <algorithm>

#include "estimate/extents.h"
#include "estimate/parameters.h"

namespace derate {
namespace {

/// Activations of one micro-batch in all layers, on a device that holds all of them.
double of_all_layers(const TrainingTask& task, const Layout& layout) {
  const StepSize size = size_of(task, layout);
  double bytes = 0;
  for (const Block& block : task.model.blocks) {
    bytes += real(block.layers) * activation_bytes(task.model, block, size, layout.recompute);
  }
  return bytes;
}

/// While one layer is computed again all of its activations are there.
double of_the_layer_at_work(const TrainingTask& task, const Layout& layout) {
  if (layout.recompute == Recompute::none) return 0;
  const StepSize size = size_of(task, layout);
  double most = 0;
  for (const Block& block : task.model.blocks) {
    most = std::max(most, activation_bytes(task.model, block, size, Recompute::none) -
                              activation_bytes(task.model, block, size, layout.recompute));
  }
  return most;
}

/// Micro-batches whose activations the first stage holds, in those of all its layers.
double in_flight(const TrainingTask& task, const Layout& layout) {
  const double stages = real(layout.pipeline);
  const double most =
      layout.interleaving > 1 ? stages + (stages - 1) / real(layout.interleaving) : stages;
  return std::min(most, real(micro_batches_of(layout, task)));
}

double logits(const TrainingTask& task, const Layout& layout) {
  const StepExtents e = extents_of(size_of(task, layout), Step::training);
  return real(e.tokens) * real(task.model.vocabulary) / real(layout.tensor) *
         bytes_per_element(Precision::f32);
}

double activations(const TrainingTask& task, const Layout& layout) {
  const double stage = of_all_layers(task, layout) / real(layout.pipeline);
  const double first = stage * in_flight(task, layout);
  const double last = stage + logits(task, layout);
  return (layout.pipeline > 1 ? std::max(first, last) : first + logits(task, layout)) +
         of_the_layer_at_work(task, layout);
}

}  // namespace

StepSize size_of(const TrainingTask& task, const Layout& layout) {
  return {.batch = layout.micro_batch,
          .sequence = task.sequence,
          .tensor_parallel = layout.tensor,
          .context_parallel = layout.context,
          .expert_parallel = layout.expert,
          .sequence_parallel = layout.sequence_parallel,
          .fused_attention = task.fused_attention};
}

double stored_bytes_of(const TrainingTask& task) {
  return task.weight_bytes > 0 ? task.weight_bytes : bytes_per_element(task.model.precision);
}

double adapter_parameters(const LanguageModel& model, std::int64_t rank) {
  double sides = 0;  // rows and columns of every matrix, whose adapter has rank times as many
  for (const Block& block : model.blocks) {
    const Attention& a = block.attention;
    const double queries = times(a.heads, a.head_width);
    const double keys = times(a.key_value_heads, a.head_width + a.value_width);
    double one = 4 * real(model.width) + queries + keys + times(a.heads, a.value_width);
    const auto hidden_layer = [&](std::int64_t width, bool gated) {
      return width > 0 ? (gated ? 3 : 2) * (real(width) + real(model.width)) : 0.0;
    };
    one += hidden_layer(block.dense.width, block.dense.gated);
    if (block.experts) {
      one += real(block.experts->routed) * hidden_layer(block.experts->width, true) +
             hidden_layer(block.experts->shared_width, true);
    }
    sides += real(block.layers) * one;
  }
  return real(rank) * sides;
}

OwnParameters own_parameters(const TrainingTask& task, const Layout& layout) {
  const ParameterCount count = parameters(task.model);
  const double words = count.embedding + count.positions;
  const double head = task.model.tied_head ? count.embedding : count.head;
  const double ends = layout.pipeline > 1 ? std::max(words, head) : words + count.head;
  const double layers = count.total() - words - count.head - count.routed_experts;
  OwnParameters own;
  own.all = (layers / real(layout.pipeline) + ends +
             count.routed_experts / real(layout.pipeline * layout.expert)) /
            real(layout.tensor);
  own.trained = own.all;
  own.trained_experts =
      count.routed_experts / real(layout.pipeline * layout.expert * layout.tensor);
  if (task.adapter_rank > 0) {
    own.trained =
        adapter_parameters(task.model, task.adapter_rank) / real(layout.pipeline * layout.tensor);
    own.trained_experts = 0;
  }
  return own;
}

double shared_parameters(const OwnParameters& own, const Layout& layout) {
  const double sharers = real(layout.data * layout.context);
  return (own.trained - own.trained_experts + own.trained_experts * real(layout.expert)) / sharers;
}

StepMemory training_memory(const TrainingTask& task, const Layout& layout) {
  const OwnParameters own = own_parameters(task, layout);
  const double each = bytes_per_element(task.model.precision);
  const double stored = stored_bytes_of(task);
  const double copy =
      each < bytes_per_element(Precision::f32) ? bytes_per_element(Precision::f32) : 0;
  const bool has_adapters = task.adapter_rank > 0;
  const double share = shared_parameters(own, layout) / own.trained;
  const auto held = [&](Sharding from) { return layout.sharding >= from ? share : 1.0; };
  StepMemory memory;
  memory.weights =
      (own.all * stored + (has_adapters ? own.trained * each : 0)) * held(Sharding::weights);
  memory.gradients = own.trained * std::max(each, 2.0) * held(Sharding::gradients);
  memory.optimizer = own.trained * (2 * std::max(each, bytes_per_element(Precision::f32)) + copy) *
                     held(Sharding::optimizer);
  memory.activations = activations(task, layout);
  return memory;
}

}  // namespace derate
