// SPDX-License-Identifier: Apache-2.0
// One micro-batch on one device from the operations of a step; then the schedule and the links.
#include "estimate/layout_estimate.h"

#include <algorithm>

#include "estimate/extents.h"
#include "estimate/parameters.h"
#include "estimate/range.h"

namespace derate {
namespace {

/// Of devices that lie `apart` from each other in rank order: NVLink where a node holds them all.
const Link& link_of(const Cluster& cluster, std::int64_t devices, std::int64_t apart) {
  return devices * apart <= cluster.node_devices ? cluster.inside : cluster.between;
}

Range message_s(double bytes, const Link& link) {
  return exactly(link.latency_s) + bytes / link.bytes_per_s;
}

/// How often a layer's forward exchange happens in a step: again in the backward pass, and once
/// more where the whole layer is computed again.
double passes(const Layout& layout) { return layout.recompute == Recompute::full ? 3 : 2; }

double stream_bytes(const TrainingTask& task, const Layout& layout) {
  const StepExtents e = extents_of(size_of(task, layout), Step::training);
  return real(e.tokens) * real(task.model.width) * bytes_per_element(task.model.precision);
}

/// Sums after attention and after the hidden layer; with sequence parallelism a scatter and a
/// gather each, which carry as much.
Range tensor_exchange_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster) {
  constexpr double kSumsOfALayer = 2;
  const Link& link = link_of(cluster, layout.tensor, 1);
  return kSumsOfALayer * passes(layout) *
         all_reduce_s(stream_bytes(task, layout), real(layout.tensor), link);
}

/// Keys and values go round the devices of a sequence; back come their gradients too.
Range context_exchange_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster,
                         const Attention& attention) {
  if (layout.context == 1) return exactly(0);
  constexpr double kForwardAndBackward = 3;
  const StepExtents e = extents_of(size_of(task, layout), Step::training);
  const double heads = std::max(1.0, real(attention.key_value_heads) / real(layout.tensor));
  const double own = real(e.tokens) * heads * real(attention.head_width + attention.value_width) *
                     bytes_per_element(task.model.precision);
  const Link& link = link_of(cluster, layout.context, layout.tensor);
  return kForwardAndBackward * real(layout.context - 1) * message_s(own, link);
}

/// Tokens go to their experts and come back.
Range expert_exchange_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster,
                        const Experts& experts) {
  if (layout.expert == 1) return exactly(0);
  constexpr double kWays = 2;
  const double others = real(layout.expert - 1) / real(layout.expert);
  const double bytes = stream_bytes(task, layout) * real(experts.active) * others /
                       (layout.sequence_parallel ? real(layout.tensor) : 1);
  const Link& link = link_of(cluster, layout.expert, layout.tensor * layout.context);
  return kWays * passes(layout) * message_s(bytes, link);
}

/// Of one micro-batch in the layers of one stage.
Range layer_exchange_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster) {
  Range sum = exactly(0);
  for (const Block& block : task.model.blocks) {
    Range one = tensor_exchange_s(task, layout, cluster) +
                context_exchange_s(task, layout, cluster, block.attention);
    if (block.experts) one = one + expert_exchange_s(task, layout, cluster, *block.experts);
    sum = sum + real(block.layers) * one;
  }
  return (1 / real(layout.pipeline)) * sum;
}

/// Of one micro-batch, from a stage to the next and back; the low end hides it. Stages lie farthest
/// apart: tensor-, context- and data-parallel devices of one stage come first in rank order.
Range stage_exchange_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster) {
  if (layout.pipeline == 1) return exactly(0);
  const double shares = layout.sequence_parallel ? real(layout.tensor) : 1;
  const Link& link =
      link_of(cluster, layout.pipeline, layout.tensor * layout.context * layout.data);
  Range both = 2 * real(layout.interleaving) * message_s(stream_bytes(task, layout) / shares, link);
  both.low = 0;
  return both;
}

/// Gradients once a step, behind the last backward pass as far as it goes; weights that are shared
/// are gathered for every pass of every micro-batch.
Range data_exchange_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster,
                      const Range& backward_s) {
  const std::int64_t sharers = layout.data * layout.context;
  if (sharers == 1) return exactly(0);
  const OwnParameters own = own_parameters(task, layout);
  const double each = std::max(bytes_per_element(task.model.precision), 2.0);
  const Link& link = link_of(cluster, sharers, layout.tensor);
  Range sum_s = all_reduce_s(own.trained * each, real(sharers), link);
  if (layout.sharding == Sharding::weights) {
    const Range gather_s = 0.5 * all_reduce_s(own.all * stored_bytes_of(task), real(sharers), link);
    sum_s = 0.5 * sum_s + passes(layout) * real(micro_batches_of(layout, task)) * gather_s;
  }
  return {std::max(0.0, sum_s.low - backward_s.high), std::max(0.0, sum_s.value - backward_s.value),
          sum_s.high};
}

Range update_s(const TrainingTask& task, const Layout& layout, const Cluster& cluster) {
  const OwnParameters own = own_parameters(task, layout);
  const double count = real(micro_batches_of(layout, task));
  const Range sums_s = count > 1 ? count * time_of_sum_s(own.trained, cluster.rates) : exactly(0);
  const double updated =
      layout.sharding >= Sharding::optimizer ? shared_parameters(own, layout) : own.trained;
  return sums_s + time_of_update_s(updated, task.model.precision, cluster.rates);
}

}  // namespace

void add_times(LayoutEstimate& estimate, const TrainingTask& task, const Cluster& cluster,
               const MicroBatchTimes& times) {
  const Layout& layout = estimate.layout;
  const double count = real(micro_batches_of(layout, task));
  const double stages = real(layout.pipeline);
  const Range layers_s = (1 / stages) * (times.forward_s + times.backward_s);
  const Range again_s = (1 / stages) * times.again_s;
  const Range exchange_s = layer_exchange_s(task, layout, cluster);
  const double waiting = (stages - 1) / real(layout.interleaving);
  estimate.compute_s = count * (layers_s + times.ends_s);
  estimate.recompute_s = count * again_s;
  estimate.tensor_s = count * exchange_s;
  estimate.bubble_s = waiting * (layers_s + again_s + exchange_s);
  estimate.pipeline_s = count * stage_exchange_s(task, layout, cluster);
  estimate.data_s = data_exchange_s(task, layout, cluster, (1 / stages) * times.backward_s);
  estimate.update_s = update_s(task, layout, cluster);
  estimate.step_s = estimate.compute_s + estimate.recompute_s + estimate.tensor_s +
                    estimate.bubble_s + estimate.pipeline_s + estimate.data_s + estimate.update_s;
}

LayoutEstimate estimate_memory(const TrainingTask& task, const Layout& layout,
                               const Cluster& cluster) {
  LayoutEstimate estimate;
  estimate.layout = layout;
  estimate.memory = training_memory(task, layout);
  estimate.memory.set_aside = cluster.device_bytes * cluster.set_aside_share;
  estimate.fits = cluster.device_bytes == 0 || estimate.memory.total() <= cluster.device_bytes;
  return estimate;
}

LayoutEstimate estimate_layout(const TrainingTask& task, const Layout& layout,
                               const Cluster& cluster) {
  LayoutEstimate estimate = estimate_memory(task, layout, cluster);
  if (estimate.fits) {
    add_times(estimate, task, cluster, time_micro_batch(task, layout, cluster.rates));
  }
  return estimate;
}

}  // namespace derate
