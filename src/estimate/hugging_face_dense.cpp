// SPDX-License-Identifier: Apache-2.0
// Families whose every layer is one attention and one hidden layer.
#include <fmt/format.h>

#include "estimate/hugging_face_families.h"

namespace derate {
namespace {

/// From `first` on, layers look at the latest sliding_window tokens alone.
void add_window(LanguageModel& model, const ConfigFields& config, std::int64_t first) {
  Block& all = model.blocks.front();
  if (first > all.layers) {
    config.refuse("max_window_layers",
                  fmt::format("is {}, more than the {} of num_hidden_layers", first, all.layers));
  }
  Block windowed = all;
  windowed.attention.window = config.extent("sliding_window");
  windowed.layers = all.layers - first;
  all.layers = first;
  if (windowed.layers > 0) model.blocks.push_back(windowed);
  if (first == 0) model.blocks.erase(model.blocks.begin());
}

}  // namespace

LanguageModel read_llama(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  Block& block = model.blocks.front();
  block.attention.query_key_value_bias = config.flag("attention_bias", false);
  block.attention.out_bias = block.attention.query_key_value_bias;
  block.dense.bias = config.flag("mlp_bias", false);
  return model;
}

LanguageModel read_mistral(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  if (config.has("sliding_window")) add_window(model, config, 0);
  return model;
}

LanguageModel read_qwen2(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  model.blocks.front().attention.query_key_value_bias = true;
  if (config.flag("use_sliding_window", false)) {
    add_window(model, config, config.count("max_window_layers", 0));
  }
  return model;
}

LanguageModel read_qwen3(const ConfigFields& config) {
  LanguageModel model = read_qwen2(config);
  const bool bias = config.flag("attention_bias", false);
  for (Block& block : model.blocks) {
    Attention& attention = block.attention;
    attention.query_key_value_bias = bias;
    attention.out_bias = bias;
    attention.norm_weights = 2 * attention.head_width;
  }
  return model;
}

LanguageModel read_mimo(const ConfigFields& config) {
  LanguageModel model = read_qwen2(config);
  model.predicted_ahead = config.count("num_nextn_predict_layers", 0);
  return model;
}

LanguageModel read_gpt2(const ConfigFields& config) {
  LanguageModel model;
  model.width = config.extent("n_embd");
  model.vocabulary = config.extent("vocab_size");
  model.learned_positions = config.extent(config.has("n_positions") ? "n_positions" : "n_ctx");
  model.longest_context = model.learned_positions;
  model.tied_head = config.flag("tie_word_embeddings", true);
  model.norm_bias = true;
  model.dropout = true;  // attn_pdrop and resid_pdrop are 0.1 where the file does not say
  Block block;
  block.layers = config.extent("n_layer");
  Attention& attention = block.attention;
  attention.heads = config.extent("n_head");
  config.require_divides("n_head", attention.heads, model.width, "of n_embd");
  attention.key_value_heads = attention.heads;
  attention.head_width = model.width / attention.heads;
  attention.value_width = attention.head_width;
  attention.query_key_value_bias = true;
  attention.out_bias = true;
  block.dense = {.width = config.extent("n_inner", 4 * model.width), .bias = true};
  model.blocks = {block};
  return model;
}

LanguageModel read_phi(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  model.norm_bias = true;
  model.head_bias = true;
  Block& block = model.blocks.front();
  block.norms = 1;  // attention and hidden layer read the same normed input
  block.attention.query_key_value_bias = true;
  block.attention.out_bias = true;
  if (config.flag("qk_layernorm", false)) {
    block.attention.norm_weights = 4 * block.attention.head_width;
  }
  block.dense.gated = false;
  block.dense.bias = true;
  return model;
}

LanguageModel read_phi3(const ConfigFields& config) { return read_mistral(config); }

}  // namespace derate
