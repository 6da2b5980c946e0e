// SPDX-License-Identifier: Apache-2.0
// Gemma: windows in most layers, and norms after each sublayer as well as before it.
#include <fmt/format.h>

#include <vector>

#include "estimate/hugging_face_families.h"

namespace derate {
namespace {

constexpr std::int64_t kNormsBeforeAndAfter = 4;

/// `full` layers look at all tokens, the others at the latest sliding_window.
void split(LanguageModel& model, const ConfigFields& config, std::int64_t full) {
  Block windowed = model.blocks.front();
  windowed.layers -= full;
  windowed.attention.window = config.extent("sliding_window");
  model.blocks.front().layers = full;
  if (full == 0) model.blocks.clear();
  if (windowed.layers > 0) model.blocks.push_back(windowed);
}

std::int64_t full_layers(const ConfigFields& config, std::int64_t layers) {
  const ConfigFields::Json& types = config.list("layer_types");
  if (static_cast<std::int64_t>(types.size()) != layers) {
    config.refuse("layer_types", fmt::format("has {} entries for {} layers of num_hidden_layers",
                                             types.size(), layers));
  }
  std::int64_t full = 0;
  for (const ConfigFields::Json& type : types) {
    if (type == "full_attention") {
      ++full;
    } else if (type != "sliding_attention") {
      config.refuse("layer_types", fmt::format("holds {}, neither \"full_attention\" nor "
                                               "\"sliding_attention\"",
                                               brief(type)));
    }
  }
  return full;
}

/// Gemma 4's layers that look at all tokens have heads of their own width.
void widen_full_layers(LanguageModel& model, const ConfigFields& config) {
  for (Block& block : model.blocks) {
    Attention& attention = block.attention;
    if (attention.window == 0) {
      attention.head_width = config.extent("global_head_dim", attention.head_width);
      attention.value_width = attention.head_width;
      attention.values_are_keys = config.flag("attention_k_eq_v", false);
      attention.key_value_heads =
          config.extent("num_global_key_value_heads", attention.key_value_heads);
      config.require_divides("num_global_key_value_heads", attention.key_value_heads,
                             attention.heads, "of num_attention_heads");
    }
    attention.norm_weights = 2 * attention.head_width;
  }
}

void add_gemma4_experts(LanguageModel& model, const ConfigFields& config) {
  constexpr std::int64_t kNormsOfExperts = 3;
  Experts experts;
  experts.routed = config.extent("num_experts");
  experts.active = config.extent("top_k_experts");
  if (experts.active > experts.routed) {
    config.refuse("top_k_experts", fmt::format("is {}, more than the {} of num_experts",
                                               experts.active, experts.routed));
  }
  experts.width = config.extent("moe_intermediate_size");
  experts.router_extras = model.width + experts.routed;
  for (Block& block : model.blocks) {
    block.experts = experts;
    block.norms += kNormsOfExperts;
  }
}

LanguageModel read_gemma4_text(const ConfigFields& config) {
  // What the smaller models of the family add, and what this reader does not know.
  for (const char* key : {"hidden_size_per_layer_input", "num_kv_shared_layers"}) {
    if (config.count(key, 0) != 0) config.refuse(key, "is not 0, which is not understood here");
  }
  LanguageModel model = plain_decoder(config);
  model.tied_head = config.flag("tie_word_embeddings", true);
  model.blocks.front().norms = kNormsBeforeAndAfter;
  split(model, config, full_layers(config, model.blocks.front().layers));
  widen_full_layers(model, config);
  if (config.flag("enable_moe_block", false)) add_gemma4_experts(model, config);
  return model;
}

}  // namespace

LanguageModel read_gemma(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  model.tied_head = config.flag("tie_word_embeddings", true);
  return model;
}

LanguageModel read_gemma2(const ConfigFields& config) {
  LanguageModel model = read_gemma(config);
  Block& block = model.blocks.front();
  block.norms = kNormsBeforeAndAfter;
  split(model, config, block.layers / 2);  // every other one, the first with a window
  return model;
}

LanguageModel read_gemma3(const ConfigFields& config) {
  LanguageModel model = read_gemma(config);
  Block& block = model.blocks.front();
  block.norms = kNormsBeforeAndAfter;
  block.attention.norm_weights = 2 * block.attention.head_width;
  const std::int64_t pattern = config.extent("sliding_window_pattern", 6);
  const std::int64_t full =
      config.has("layer_types") ? full_layers(config, block.layers) : block.layers / pattern;
  split(model, config, full);
  return model;
}

LanguageModel read_gemma4(const ConfigFields& config) {
  return read_gemma4_text(config.inside("text_config"));
}

}  // namespace derate
