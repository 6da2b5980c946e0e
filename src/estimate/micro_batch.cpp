// SPDX-License-Identifier: Apache-2.0
// Backward is what training's operations take beyond the forward ones.
#include "estimate/micro_batch.h"

#include "estimate/range.h"
#include "estimate/step_operations.h"
#include "estimate/training_memory.h"

namespace derate {
namespace {

Range time_of_s(const std::vector<Operation>& operations, const StepRates& rates) {
  const StepEstimate estimate = estimate_step(operations, rates);
  return {estimate.interval_s.low, estimate.time_s, estimate.interval_s.high};
}

Range less(const Range& a, const Range& b) {
  return {a.low - b.low, a.value - b.value, a.high - b.high};
}

Range again_s(const TrainingTask& task, const StepSize& size, const StepRates& rates,
              Recompute recompute, const Range& forward_s) {
  switch (recompute) {
    case Recompute::none:
      break;
    case Recompute::selective:  // fused attention has no scores to keep
      if (task.fused_attention) break;
      return time_of_s(attention_core_operations(task.model, size), rates);
    case Recompute::full:
      return forward_s;
  }
  return exactly(0);
}

}  // namespace

MicroBatchTimes time_micro_batch(const TrainingTask& task, const Layout& layout,
                                 const StepRates& rates) {
  StepSize size = size_of(task, layout);
  size.frozen_weights = task.adapter_rank > 0;
  size.learns = true;
  MicroBatchTimes times;
  times.forward_s = time_of_s(layer_operations(task.model, size, Step::prefill), rates);
  const Range both_s = time_of_s(layer_operations(task.model, size, Step::training), rates);
  times.backward_s = less(both_s, times.forward_s);
  times.ends_s = time_of_s(end_operations(task.model, size, Step::training), rates);
  times.again_s = again_s(task, size, rates, layout.recompute, times.forward_s);
  return times;
}

Range time_of_update_s(double parameters, Precision precision, const StepRates& rates) {
  return time_of_s({update_operation(parameters, precision)}, rates);
}

Range time_of_sum_s(double parameters, const StepRates& rates) {
  const double bytes = parameters * 2 * bytes_per_element(Precision::f32);
  return time_of_s({{.name = "sum of gradients", .bytes = bytes}}, rates);
}

}  // namespace derate
