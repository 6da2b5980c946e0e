// SPDX-License-Identifier: Apache-2.0
// Families with experts: which layers have them, how many, and what all tokens share.
#include <fmt/format.h>

#include <set>

#include "estimate/hugging_face_families.h"

namespace derate {
namespace {

Experts experts_of(const ConfigFields& config, const std::string& count_key,
                   const std::string& width_key) {
  Experts experts;
  experts.routed = config.extent(count_key);
  experts.active = config.extent("num_experts_per_tok");
  if (experts.active > experts.routed) {
    config.refuse("num_experts_per_tok", fmt::format("is {}, more than the {} of {}",
                                                     experts.active, experts.routed, count_key));
  }
  experts.width = config.extent(width_key);
  return experts;
}

void replace_all_dense(LanguageModel& model, const Experts& experts) {
  for (Block& block : model.blocks) {
    block.dense = {};
    block.experts = experts;
  }
}

/// Leaves `dense` layers as they are and gives the others experts.
void replace_dense(LanguageModel& model, std::int64_t dense, const Experts& experts) {
  Block sparse = model.blocks.front();
  sparse.layers -= dense;
  sparse.dense = {};
  sparse.experts = experts;
  model.blocks.front().layers = dense;
  if (dense == 0) model.blocks.clear();
  if (sparse.layers > 0) model.blocks.push_back(sparse);
}

/// Layers without experts by decoder_sparse_step and mlp_only_layers.
std::int64_t qwen_dense_layers(const ConfigFields& config, std::int64_t layers) {
  const std::int64_t step = config.extent("decoder_sparse_step", 1);
  std::set<std::int64_t> dense_instead;
  if (config.has("mlp_only_layers")) {
    for (const ConfigFields::Json& layer : config.list("mlp_only_layers")) {
      if (!layer.is_number_integer() || layer < 0 || layer >= layers) {
        config.refuse("mlp_only_layers",
                      fmt::format("holds {}, not a layer from 0 to {}", brief(layer), layers - 1));
      }
      const auto index = layer.get<std::int64_t>();
      if ((index + 1) % step == 0) dense_instead.insert(index);
    }
  }
  return layers - layers / step + static_cast<std::int64_t>(dense_instead.size());
}

Attention deepseek_attention(const ConfigFields& config) {
  LatentAttention latent;
  latent.query_rank = config.count("q_lora_rank", 0);
  latent.key_value_rank = config.extent("kv_lora_rank");
  latent.rope_width = config.extent("qk_rope_head_dim");
  Attention attention;
  attention.heads = config.extent("num_attention_heads");
  attention.key_value_heads = attention.heads;
  attention.head_width = config.extent("qk_nope_head_dim") + latent.rope_width;
  attention.value_width = config.extent("v_head_dim");
  attention.norm_weights = latent.query_rank + latent.key_value_rank;
  attention.latent = latent;
  if (config.flag("attention_bias", false)) {
    config.refuse("attention_bias", "is true, which is not understood with latent attention");
  }
  return attention;
}

}  // namespace

LanguageModel read_mixtral(const ConfigFields& config) {
  LanguageModel model = read_mistral(config);
  replace_all_dense(model, experts_of(config, "num_local_experts", "intermediate_size"));
  return model;
}

LanguageModel read_olmoe(const ConfigFields& config) {
  LanguageModel model = read_llama(config);
  for (Block& block : model.blocks) {
    Attention& attention = block.attention;
    attention.norm_weights = (attention.heads + attention.key_value_heads) * attention.head_width;
  }
  replace_all_dense(model, experts_of(config, "num_experts", "intermediate_size"));
  return model;
}

LanguageModel read_qwen2_moe(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  model.blocks.front().attention.query_key_value_bias = true;
  Experts experts = experts_of(config, "num_experts", "moe_intermediate_size");
  experts.shared_width = config.extent("shared_expert_intermediate_size");
  experts.shared_gate = true;
  replace_dense(model, qwen_dense_layers(config, model.blocks.front().layers), experts);
  return model;
}

LanguageModel read_qwen3_moe(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  Attention& attention = model.blocks.front().attention;
  attention.query_key_value_bias = config.flag("attention_bias", false);
  attention.out_bias = attention.query_key_value_bias;
  attention.norm_weights = 2 * attention.head_width;
  const Experts experts = experts_of(config, "num_experts", "moe_intermediate_size");
  replace_dense(model, qwen_dense_layers(config, model.blocks.front().layers), experts);
  return model;
}

LanguageModel read_deepseek(const ConfigFields& config) {
  LanguageModel model = plain_decoder(config);
  Block& block = model.blocks.front();
  block.attention = deepseek_attention(config);
  Experts experts = experts_of(config, "n_routed_experts", "moe_intermediate_size");
  experts.shared_width = config.count("n_shared_experts", 0) * experts.width;
  if (config.text("topk_method", "greedy") == "noaux_tc") experts.router_extras = experts.routed;
  const std::int64_t dense = config.count("first_k_dense_replace", 0);
  if (dense > block.layers) {
    config.refuse("first_k_dense_replace", fmt::format("is {}, more than the {} of "
                                                       "num_hidden_layers",
                                                       dense, block.layers));
  }
  if (config.extent("moe_layer_freq", 1) != 1) {
    config.refuse("moe_layer_freq", "is not 1, which is not understood here");
  }
  replace_dense(model, dense, experts);
  model.predicted_ahead = config.count("num_nextn_predict_layers", 0);
  return model;
}

}  // namespace derate
