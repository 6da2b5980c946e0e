// SPDX-License-Identifier: Apache-2.0
// What the training of a language model needs of the memory of that device which needs most, after
// Korthikanti et al. (arXiv 2205.05198).
#pragma once

#include "estimate/layout.h"
#include "estimate/memory.h"

namespace derate {

/// What one micro-batch is to the devices that share it.
[[nodiscard]] StepSize size_of(const TrainingTask& task, const Layout& layout);

/// Weights and trainable weights that one device of the largest stage holds, before what
/// data-parallel devices share.
struct OwnParameters {
  double all = 0;
  double trained = 0;
  double trained_experts = 0;  ///< of the trained, which fewer devices hold copies of
};
[[nodiscard]] OwnParameters own_parameters(const TrainingTask& task, const Layout& layout);

/// What one device holds of the trained, where data-parallel devices share them.
[[nodiscard]] double shared_parameters(const OwnParameters& own, const Layout& layout);

/// Of a weight as it lies in memory while it is not trained.
[[nodiscard]] double stored_bytes_of(const TrainingTask& task);

/// Of LoRA's adapters on every matrix of the layers; not of latent attention.
[[nodiscard]] double adapter_parameters(const LanguageModel& model, std::int64_t rank);

/// With Adam: weights and gradients in the model's precision, moments and a copy of the weights in
/// f32. Nothing is set aside yet.
[[nodiscard]] StepMemory training_memory(const TrainingTask& task, const Layout& layout);

}  // namespace derate
