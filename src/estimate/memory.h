// SPDX-License-Identifier: Apache-2.0
// What a step of a language model needs of one device's memory, by part: activations after
// Korthikanti et al. (arXiv 2205.05198), generalised to grouped attention and gated layers.
#pragma once

#include "derate/error.h"
#include "estimate/language_model.h"
#include "estimate/step_operations.h"

namespace derate {

/// Ends a command whose plan needs more memory than there is; docs/cli.md.
inline constexpr ExitCode kDoesNotFit{7};

/// Left to driver, libraries and fragmentation: vLLM's gpu_memory_utilization is 0.9.
inline constexpr double kSetAsideShare = 0.1;

struct StepMemory {
  double weights = 0;
  double gradients = 0;
  double optimizer = 0;
  double activations = 0;
  double keys_and_values = 0;
  double set_aside = 0;

  [[nodiscard]] double total() const {
    return weights + gradients + optimizer + activations + keys_and_values + set_aside;
  }
};

/// What the backward pass finds stored, and what it computes again: all of a layer, or the core of
/// attention (scores, softmax) alone.
enum class Recompute { none, selective, full };

/// Keys and values of one sequence of so many tokens, in all layers, on one of the devices.
[[nodiscard]] double key_value_bytes(const LanguageModel& model, const StepSize& size,
                                     std::int64_t tokens);

/// Kept of one micro-batch for the backward pass of one layer of `block`.
[[nodiscard]] double activation_bytes(const LanguageModel& model, const Block& block,
                                      const StepSize& size, Recompute recompute);

/// Of a prefill or decode step, of weights and their keys and values; nothing set aside yet.
[[nodiscard]] StepMemory inference_memory(const LanguageModel& model, const StepSize& size,
                                          Step step);

}  // namespace derate
