// SPDX-License-Identifier: Apache-2.0
// Chooses the family by model_type, and reads what all families have.
#include "estimate/hugging_face_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "estimate/hugging_face_families.h"

namespace derate {
namespace {

constexpr std::array kFamilies = {ModelFamily{"deepseek_v2", read_deepseek},
                                  ModelFamily{"deepseek_v3", read_deepseek},
                                  ModelFamily{"gemma", read_gemma},
                                  ModelFamily{"gemma2", read_gemma2},
                                  ModelFamily{"gemma3_text", read_gemma3},
                                  ModelFamily{"gemma4", read_gemma4},
                                  ModelFamily{"gpt2", read_gpt2},
                                  ModelFamily{"llama", read_llama},
                                  ModelFamily{"mimo", read_mimo},
                                  ModelFamily{"mistral", read_mistral},
                                  ModelFamily{"mixtral", read_mixtral},
                                  ModelFamily{"olmoe", read_olmoe},
                                  ModelFamily{"phi", read_phi},
                                  ModelFamily{"phi3", read_phi3},
                                  ModelFamily{"qwen2", read_qwen2},
                                  ModelFamily{"qwen2_moe", read_qwen2_moe},
                                  ModelFamily{"qwen3", read_qwen3},
                                  ModelFamily{"qwen3_moe", read_qwen3_moe}};

/// torch's names of formats; bf16 where the file says none, as in GPT-2's day.
Precision precision_of(const ConfigFields& config) {
  const std::string key = config.has("dtype") ? "dtype" : "torch_dtype";
  const std::string name = config.text(key, "bfloat16");
  if (name == "bfloat16") return Precision::bf16;
  if (name == "float16") return Precision::f16;
  if (name == "float32") return Precision::f32;
  config.refuse(key, fmt::format("is \"{}\", not one of bfloat16, float16, float32", name));
}

std::int64_t head_width_of(const ConfigFields& config, std::int64_t width, std::int64_t heads) {
  if (config.has("head_dim")) return config.extent("head_dim");
  config.require_divides("num_attention_heads", heads, width, "of hidden_size");
  return width / heads;
}

}  // namespace

LanguageModel plain_decoder(const ConfigFields& config) {
  LanguageModel model;
  model.width = config.extent("hidden_size");
  model.vocabulary = config.extent("vocab_size");
  model.longest_context = config.extent("max_position_embeddings", 0);
  model.tied_head = config.flag("tie_word_embeddings", false);
  Block block;
  block.layers = config.extent("num_hidden_layers");
  Attention& attention = block.attention;
  attention.heads = config.extent("num_attention_heads");
  attention.key_value_heads = config.extent("num_key_value_heads", attention.heads);
  config.require_divides("num_key_value_heads", attention.key_value_heads, attention.heads,
                         "of num_attention_heads");
  attention.head_width = head_width_of(config, model.width, attention.heads);
  attention.value_width = attention.head_width;
  block.dense = {.width = config.extent("intermediate_size"), .gated = true};
  model.blocks = {block};
  return model;
}

std::vector<std::string> known_model_types() {
  std::vector<std::string> names;
  for (const ModelFamily& family : kFamilies) names.emplace_back(family.model_type);
  return names;
}

LanguageModel read_hugging_face_config(const ConfigFields& config) {
  const std::string type = config.text("model_type");
  const auto* const family =
      std::find_if(kFamilies.begin(), kFamilies.end(),
                   [&](const ModelFamily& one) { return one.model_type == type; });
  if (family == kFamilies.end()) {
    config.refuse("model_type", fmt::format("is \"{}\", which is not known; known are {}", type,
                                            fmt::join(known_model_types(), ", ")));
  }
  LanguageModel model = family->read(config);
  model.precision = precision_of(config);
  return model;
}

}  // namespace derate
