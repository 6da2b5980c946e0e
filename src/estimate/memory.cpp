// SPDX-License-Identifier: Apache-2.0
// Bytes are of one device. Tensor parallelism shares weights, heads and hidden layers; sequence
// parallelism what stands between them too.
#include "estimate/memory.h"

#include <algorithm>

#include "estimate/extents.h"
#include "estimate/parameters.h"

namespace derate {
namespace {

double weight_bytes(const LanguageModel& model, const StepSize& size) {
  const double each =
      size.weight_bytes > 0 ? size.weight_bytes : bytes_per_element(model.precision);
  return parameters(model).total() * each / real(size.tensor_parallel);
}

/// Elements that are kept of each token for later ones, in one layer.
double kept_elements(const Attention& attention, std::int64_t tensor_parallel) {
  if (attention.latent) {  // all heads share it, so every device holds all of it
    return real(attention.latent->key_value_rank + attention.latent->rope_width);
  }
  const std::int64_t heads = std::max<std::int64_t>(1, attention.key_value_heads / tensor_parallel);
  return real(heads) * real(attention.head_width + attention.value_width);
}

/// Elements of scores of the core of attention, of one device.
double score_elements(const Block& block, const StepSize& size, const StepExtents& e) {
  const std::int64_t window = block.attention.window;
  const std::int64_t keys = window > 0 ? std::min(window, e.keys) : e.keys;
  return real(size.batch) * real(block.attention.heads) / real(size.tensor_parallel) *
         real(e.queries) * real(keys);
}

double hidden_elements(const Block& block) {
  const FeedForward& dense = block.dense;
  double hidden = real(dense.width) * (dense.gated ? 3 : 2);
  if (!block.experts) return hidden;
  const Experts& experts = *block.experts;
  return hidden + 3 * (real(experts.active) * real(experts.width) + real(experts.shared_width));
}

}  // namespace

double key_value_bytes(const LanguageModel& model, const StepSize& size, std::int64_t tokens) {
  const double each =
      size.key_value_bytes > 0 ? size.key_value_bytes : bytes_per_element(model.precision);
  double bytes = 0;
  for (const Block& block : model.blocks) {
    const std::int64_t window = block.attention.window;
    const std::int64_t kept = window > 0 ? std::min(window, tokens) : tokens;
    bytes += real(block.layers) * real(kept) *
             kept_elements(block.attention, size.tensor_parallel) * each;
  }
  return bytes;
}

double activation_bytes(const LanguageModel& model, const Block& block, const StepSize& size,
                        Recompute recompute) {
  const StepExtents e = extents_of(size, Step::training);
  const double each = bytes_per_element(model.precision);
  const double shares = real(size.tensor_parallel);
  const double tokens = real(e.tokens);
  const double stream = real(e.stream_tokens) * real(model.width);
  if (recompute == Recompute::full) return stream * each;  // the layer's input
  const Attention& a = block.attention;
  const double heads = real(a.heads * a.head_width + a.heads * a.value_width) +
                       real(a.key_value_heads) * real(a.head_width + a.value_width);
  // Inputs of both norms and of the first products behind them; dropout's masks of one byte.
  const double shared = stream * (4 * each + (model.dropout ? 2 : 0));
  const double split = tokens / shares * (heads + hidden_elements(block)) * each;
  const bool keeps_scores = recompute == Recompute::none && !size.fused_attention;
  const double of_a_score = each + (model.dropout ? 1 + each : 0);  // its mask and its result
  return shared + split + (keeps_scores ? score_elements(block, size, e) * of_a_score : 0);
}

StepMemory inference_memory(const LanguageModel& model, const StepSize& size, Step step) {
  const StepExtents e = extents_of(size, step);
  const double shares = real(size.tensor_parallel);
  double widest = 0;  // of the tensors of one layer, which the next reuses
  for (const Block& block : model.blocks) {
    const double layer = real(e.tokens) * (4 * real(model.width) + hidden_elements(block) / shares);
    widest = std::max(widest, layer + (size.fused_attention ? 0 : score_elements(block, size, e)));
  }
  const double predicted = size.last_logits ? real(size.batch) : real(e.tokens);
  StepMemory memory;
  memory.weights = weight_bytes(model, size);
  memory.keys_and_values = real(size.batch) * key_value_bytes(model, size, size.sequence);
  memory.activations =
      widest * bytes_per_element(model.precision) +
      predicted * real(model.vocabulary) / shares * bytes_per_element(Precision::f32);
  return memory;
}

}  // namespace derate
