// SPDX-License-Identifier: Apache-2.0
// The time of one training step of a language model that is split over devices, by part, and the
// quickest of all layouts that fit.
#pragma once

#include <vector>

#include "estimate/layout.h"
#include "estimate/micro_batch.h"
#include "estimate/step.h"
#include "estimate/training_memory.h"

namespace derate {

/// Equal devices in equal nodes.
struct Cluster {
  StepRates rates;
  double device_bytes = 0;  ///< 0: not known
  double set_aside_share = kSetAsideShare;
  std::int64_t node_devices = 8;
  Link inside;   ///< between devices of a node
  Link between;  ///< between nodes, of each device
};

struct LayoutEstimate {
  Layout layout;
  StepMemory memory;
  bool fits = false;
  // Of one step; 0 where it does not fit.
  Range compute_s;    ///< of one device: its layers and ends, forward and backward
  Range recompute_s;  ///< what the backward pass computes again
  Range bubble_s;     ///< stages of a pipeline that wait
  Range tensor_s;     ///< exchange of devices that share layers, sequences or experts
  Range pipeline_s;   ///< activations from stage to stage
  Range data_s;       ///< gradients and shared weights, where the backward pass does not hide them
  Range update_s;     ///< gradients of micro-batches added up, and Adam
  Range step_s;       ///< all of it
};

/// The layout has to be possible (why_not()).
[[nodiscard]] LayoutEstimate estimate_layout(const TrainingTask& task, const Layout& layout,
                                             const Cluster& cluster);
/// Memory alone.
[[nodiscard]] LayoutEstimate estimate_memory(const TrainingTask& task, const Layout& layout,
                                             const Cluster& cluster);
/// Fills in the times of one that fits.
void add_times(LayoutEstimate& estimate, const TrainingTask& task, const Cluster& cluster,
               const MicroBatchTimes& times);

/// Layouts of so many devices that fit the memory, the quickest first, at most `most` of them.
[[nodiscard]] std::vector<LayoutEstimate> fit_layouts(const TrainingTask& task,
                                                      std::int64_t devices, const Cluster& cluster,
                                                      std::size_t most);

}  // namespace derate
