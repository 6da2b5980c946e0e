// SPDX-License-Identifier: Apache-2.0
// One step of a language model on one device as a list of operations: matrix products, and
// operations that memory bounds. docs/estimate.md describes them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "derate/gemm_model.h"
#include "derate/work.h"
#include "estimate/language_model.h"

namespace derate {

/// What one step does: learn from the batch; read it, as a prompt; or add one token to each
/// sequence.
enum class Step { training, prefill, decode };

inline constexpr std::array<std::string_view, 3> kStepNames = {"training", "prefill", "decode"};

[[nodiscard]] constexpr std::string_view to_string(Step step) {
  return kStepNames[static_cast<std::size_t>(step)];
}

/// What a step is done to, and how.
struct StepSize {
  std::int64_t batch = 1;             ///< sequences at once
  std::int64_t sequence = 1;          ///< tokens of one; of decode, the new one and all before it
  std::int64_t tensor_parallel = 1;   ///< devices that share every layer, of which this is one
  std::int64_t context_parallel = 1;  ///< devices that share every sequence
  std::int64_t expert_parallel = 1;   ///< devices with as many tokens that share the experts
  bool sequence_parallel = false;     ///< tensor-parallel ones share norms and residual streams too
  bool frozen_weights = false;        ///< they get no gradients (LoRA)
  bool learns = false;                ///< a forward pass of a training, with the model's dropout
  bool fused_attention = false;       ///< scores stay on the chip (FlashAttention)
  bool last_logits = false;           ///< of a prompt the last token's alone
  double weight_bytes = 0;            ///< of one weight; 0: as the model's precision
  double key_value_bytes = 0;         ///< of one element of keys and values; likewise
  double residual_bytes = 0;          ///< of one element of the residual stream; likewise
};

/// One kind of operation of a step.
struct Operation {
  std::string name;         ///< "qkv", "softmax", "gradient of up", "adam"
  std::int64_t count = 1;   ///< how often a step does it
  bool is_product = false;  ///< a matrix product; else memory bounds it
  GemmShape shape = {};     ///< of one product
  std::int64_t products =
      1;  ///< independent ones of that shape in one operation (heads of a batch, experts)
  double second_bytes = 0;  ///< of an element of the right operand; 0: as the product's precision
  double bytes = 0;         ///< that one operation reads and writes, where it is no product
  double flops = 0;         ///< of one operation that is no product, as fused attention
};

/// Operations in the order of their first use. Those of several layers stand once. `size` divides
/// the model (why_not() of layout.h says whether it does).
[[nodiscard]] std::vector<Operation> operations(const LanguageModel& model, const StepSize& size,
                                                Step step);

/// Parts of the same: all layers; embedding, last norm, logits and loss; what attention does
/// between its projections, forward; Adam's update of so many parameters.
[[nodiscard]] std::vector<Operation> layer_operations(const LanguageModel& model,
                                                      const StepSize& size, Step step);
[[nodiscard]] std::vector<Operation> end_operations(const LanguageModel& model,
                                                    const StepSize& size, Step step);
[[nodiscard]] std::vector<Operation> attention_core_operations(const LanguageModel& model,
                                                               const StepSize& size);
[[nodiscard]] Operation update_operation(double parameters, Precision precision);

/// Floating-point operations of a step's matrix products and fused attention.
[[nodiscard]] double product_flops(const std::vector<Operation>& operations);

/// What the shapes of a step are made of, on one of the devices that share each layer.
struct StepExtents {
  std::int64_t tokens;         ///< that pass through the layers
  std::int64_t stream_tokens;  ///< of them in norms and residual streams
  std::int64_t queries;        ///< tokens of each sequence
  std::int64_t keys;           ///< that each query looks at, but for windows
};
[[nodiscard]] StepExtents extents_of(const StepSize& size, Step step);

}  // namespace derate
