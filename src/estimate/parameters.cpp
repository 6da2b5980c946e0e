// SPDX-License-Identifier: Apache-2.0
// Counts in doubles, which hold every model that read_model() lets through exactly.
#include "estimate/parameters.h"

#include "estimate/extents.h"

namespace derate {
namespace {

double latent_attention(std::int64_t width, const Attention& attention,
                        const LatentAttention& latent) {
  const std::int64_t nope_width = attention.head_width - latent.rope_width;
  const double queries = times(attention.heads, attention.head_width);
  const double keys_values = times(attention.heads, nope_width + attention.value_width);
  const auto wide = static_cast<double>(width);
  const auto query_rank = static_cast<double>(latent.query_rank);
  return (latent.query_rank > 0 ? query_rank * (wide + queries) : wide * queries) +
         times(width, latent.key_value_rank + latent.rope_width) +
         static_cast<double>(latent.key_value_rank) * keys_values +
         times(attention.heads, attention.value_width) * wide;
}

double direct_attention(std::int64_t width, const Attention& attention) {
  const double queries = times(attention.heads, attention.head_width);
  const double keys = times(attention.key_value_heads, attention.head_width);
  const double values =
      attention.values_are_keys ? 0 : times(attention.key_value_heads, attention.value_width);
  const auto wide = static_cast<double>(width);
  const double out = times(attention.heads, attention.value_width) * wide;
  return wide * (queries + keys + values) + out +
         (attention.query_key_value_bias ? queries + keys + values : 0) +
         (attention.out_bias ? wide : 0);
}

double feed_forward_parameters(std::int64_t width, const FeedForward& dense) {
  const int matrices = dense.gated ? 3 : 2;
  const auto biases = static_cast<double>(dense.width * (matrices - 1) + width);
  return matrices * times(width, dense.width) + (dense.bias && dense.width > 0 ? biases : 0);
}

constexpr int kExpertMatrices = 3;

void count_experts(ParameterCount& count, const LanguageModel& model, const Block& block) {
  const Experts& experts = *block.experts;
  const auto layers = static_cast<double>(block.layers);
  const double one = kExpertMatrices * times(model.width, experts.width);
  const double shared = kExpertMatrices * times(model.width, experts.shared_width);
  const auto gate = static_cast<double>(experts.shared_gate ? model.width : 0);
  count.routed_experts += layers * one * static_cast<double>(experts.routed);
  count.idle += layers * one * static_cast<double>(experts.routed - experts.active);
  count.shared_experts += layers * (shared + gate);
  count.routers +=
      layers * (times(model.width, experts.routed) + static_cast<double>(experts.router_extras));
}

double one_norm(const LanguageModel& model) {
  return static_cast<double>(model.width) * (model.norm_bias ? 2 : 1);
}

void count_block(ParameterCount& count, const LanguageModel& model, const Block& block) {
  const auto layers = static_cast<double>(block.layers);
  count.attention += layers * attention_parameters(model, block.attention);
  count.feed_forward += layers * feed_forward_parameters(model.width, block.dense);
  count.norms += layers * (static_cast<double>(block.norms) * one_norm(model) +
                           static_cast<double>(block.attention.norm_weights));
  if (block.experts) count_experts(count, model, block);
}

/// Each is a layer like the last, three norms, and a product that joins state and next token.
double predicted_ahead_parameters(const LanguageModel& model) {
  constexpr int kNorms = 3;
  if (model.predicted_ahead == 0 || model.blocks.empty()) return 0;
  Block last = model.blocks.back();
  last.layers = 1;
  ParameterCount one;
  count_block(one, model, last);
  return static_cast<double>(model.predicted_ahead) *
         (one.total() + 2 * times(model.width, model.width) + kNorms * one_norm(model));
}

}  // namespace

std::int64_t layers_of(const LanguageModel& model) {
  std::int64_t layers = 0;
  for (const Block& block : model.blocks) layers += block.layers;
  return layers;
}

double ParameterCount::total() const {
  return embedding + positions + attention + feed_forward + routed_experts + shared_experts +
         routers + norms + head;
}

double attention_parameters(const LanguageModel& model, const Attention& attention) {
  return attention.latent ? latent_attention(model.width, attention, *attention.latent)
                          : direct_attention(model.width, attention);
}

ParameterCount parameters(const LanguageModel& model) {
  ParameterCount count;
  const double words = times(model.vocabulary, model.width);
  count.embedding = words;
  count.positions = times(model.learned_positions, model.width);
  for (const Block& block : model.blocks) count_block(count, model, block);
  count.norms += one_norm(model);
  count.head =
      (model.tied_head ? 0 : words) + (model.head_bias ? static_cast<double>(model.vocabulary) : 0);
  count.predicted_ahead = predicted_ahead_parameters(model);
  return count;
}

}  // namespace derate
