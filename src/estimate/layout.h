// SPDX-License-Identifier: Apache-2.0
// How the training of a language model is split over devices, and which splits a model allows.
#pragma once

#include <cstdint>
#include <string>

#include "estimate/estimate.h"
#include "estimate/language_model.h"
#include "estimate/memory.h"

namespace derate {

struct Layout {
  std::int64_t tensor = 1;         ///< devices that share every layer
  bool sequence_parallel = false;  ///< these share norms and residual streams too
  std::int64_t pipeline = 1;       ///< stages of layers
  std::int64_t interleaving = 1;   ///< parts that each stage's layers come in
  std::int64_t context = 1;        ///< devices that share each sequence
  std::int64_t expert = 1;         ///< of the data-parallel devices, those that share the experts
  std::int64_t data = 1;           ///< devices that take different sequences
  Sharding sharding = Sharding::none;
  std::int64_t micro_batch = 1;  ///< sequences that pass a stage at once
  Recompute recompute = Recompute::none;

  [[nodiscard]] std::int64_t devices() const { return tensor * pipeline * context * data; }
};

/// What is trained, whatever the layout.
struct TrainingTask {
  LanguageModel model;
  std::int64_t batch = 0;     ///< sequences of a step, over all devices
  std::int64_t sequence = 0;  ///< tokens of one
  bool fused_attention = true;
  std::int64_t adapter_rank = 0;  ///< of LoRA; 0: all weights are trained
  double weight_bytes = 0;        ///< of a weight that is not trained; 0: as the model's precision
};

[[nodiscard]] std::int64_t micro_batches_of(const Layout& layout, const TrainingTask& task);

/// Why so many devices cannot share every layer, as a sentence; empty where they can. Heads of keys
/// may be fewer than devices, which then hold copies.
[[nodiscard]] std::string why_not_tensor(std::int64_t devices, const LanguageModel& model);

/// What of the layout the model or the batch does not allow, as a sentence; empty where all is
/// well. Options are named as `derate estimate layout` has them.
[[nodiscard]] std::string why_not(const Layout& layout, const TrainingTask& task);

/// "tensor 8 (sequence), pipeline 8 x 3, data 2, micro-batch 1, selective recomputation"
[[nodiscard]] std::string to_string(const Layout& layout);

}  // namespace derate
