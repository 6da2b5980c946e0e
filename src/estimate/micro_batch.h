// SPDX-License-Identifier: Apache-2.0
// The time of one micro-batch in all layers, on one of the devices that share each of them.
#pragma once

#include "estimate/layout.h"
#include "estimate/step.h"

namespace derate {

struct MicroBatchTimes {
  Range forward_s;
  Range backward_s;
  Range again_s;  ///< what the layout computes again in the backward pass
  Range ends_s;   ///< embedding, logits and loss, forward and backward
};

[[nodiscard]] MicroBatchTimes time_micro_batch(const TrainingTask& task, const Layout& layout,
                                               const StepRates& rates);

/// Adam's update of so many parameters.
[[nodiscard]] Range time_of_update_s(double parameters, Precision precision,
                                     const StepRates& rates);

/// Adding the gradients of one micro-batch to those of the others, in f32.
[[nodiscard]] Range time_of_sum_s(double parameters, const StepRates& rates);

}  // namespace derate
