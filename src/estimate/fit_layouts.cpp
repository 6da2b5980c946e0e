// SPDX-License-Identifier: Apache-2.0
// Tries every layout that practice knows: tensor parallelism inside a node, pipelines of equal
// stages, micro-batches of a power of two. What a micro-batch takes depends on few of these, and is
// computed once for each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "derate/error.h"
#include "estimate/layout_estimate.h"

namespace derate {
namespace {

std::vector<std::int64_t> divisors(std::int64_t whole, std::int64_t most) {
  std::vector<std::int64_t> found;
  for (std::int64_t i = 1; i <= std::min(whole, most); ++i) {
    if (whole % i == 0) found.push_back(i);
  }
  return found;
}

constexpr std::array kRecomputes = {Recompute::none, Recompute::selective, Recompute::full};
constexpr std::array kShardings = {Sharding::none, Sharding::optimizer, Sharding::gradients,
                                   Sharding::weights};
constexpr std::array<std::int64_t, 4> kMicroBatches = {1, 2, 4, 8};
constexpr std::array<std::int64_t, 4> kInterleavings = {1, 2, 4, 8};

/// Of one tensor, pipeline and data split, what remains to be chosen.
void add_choices(std::vector<Layout>& found, const TrainingTask& task, Layout layout) {
  layout.sequence_parallel = layout.tensor > 1;
  for (const std::int64_t micro_batch : kMicroBatches) {
    for (const std::int64_t interleaving : kInterleavings) {
      for (const Recompute recompute : kRecomputes) {
        for (const Sharding sharding : kShardings) {
          if (recompute == Recompute::selective && task.fused_attention) continue;
          if (sharding != Sharding::none && layout.data == 1) continue;
          layout.micro_batch = micro_batch;
          layout.interleaving = interleaving;
          layout.recompute = recompute;
          layout.sharding = sharding;
          if (why_not(layout, task).empty()) found.push_back(layout);
        }
      }
    }
  }
}

std::vector<Layout> layouts_of(const TrainingTask& task, std::int64_t devices,
                               std::int64_t node_devices) {
  std::vector<Layout> found;
  for (const std::int64_t tensor : divisors(devices, node_devices)) {
    for (const std::int64_t pipeline : divisors(devices / tensor, layers_of(task.model))) {
      const std::int64_t data = devices / tensor / pipeline;
      add_choices(found, task, {.tensor = tensor, .pipeline = pipeline, .data = data});
    }
  }
  return found;
}

/// What the time of a micro-batch depends on, of the layouts that are tried.
using MicroBatchKey = std::tuple<std::int64_t, std::int64_t, Recompute>;

class MicroBatches {
 public:
  MicroBatches(const TrainingTask& task, const StepRates& rates) : task_(task), rates_(rates) {}

  const MicroBatchTimes& of(const Layout& layout) {
    const MicroBatchKey key = {layout.tensor, layout.micro_batch, layout.recompute};
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    return known_.emplace(key, time_micro_batch(task_, layout, rates_)).first->second;
  }

 private:
  const TrainingTask& task_;
  const StepRates& rates_;
  std::map<MicroBatchKey, MicroBatchTimes> known_;
};

}  // namespace

std::vector<LayoutEstimate> fit_layouts(const TrainingTask& task, std::int64_t devices,
                                        const Cluster& cluster, std::size_t most) {
  std::vector<LayoutEstimate> found;
  MicroBatches micro_batches(task, cluster.rates);
  const std::vector<Layout> possible = layouts_of(task, devices, cluster.node_devices);
  if (possible.empty()) {
    throw Error(ExitCode::usage,
                fmt::format("--devices: no layout of {} devices divides the heads, layers and "
                            "sequences of {}",
                            devices, task.model.name));
  }
  for (const Layout& layout : possible) {
    LayoutEstimate estimate = estimate_memory(task, layout, cluster);
    if (!estimate.fits) continue;
    add_times(estimate, task, cluster, micro_batches.of(layout));
    found.push_back(estimate);
  }
  const auto is_quicker = [](const LayoutEstimate& a, const LayoutEstimate& b) {
    return a.step_s.value < b.step_s.value;
  };
  std::stable_sort(found.begin(), found.end(), is_quicker);
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace derate
