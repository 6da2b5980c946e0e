// SPDX-License-Identifier: Apache-2.0
// What each family of models makes of the fields of its config.json, after the classes of
// Hugging Face's transformers that read them.
#pragma once

#include <string_view>

#include "estimate/config_fields.h"
#include "estimate/language_model.h"

namespace derate {

struct ModelFamily {
  std::string_view model_type;
  LanguageModel (*read)(const ConfigFields& config);
};

/// What most families have: extents of a decoder of equal gated layers without biases, heads that
/// share keys and values, and no window.
[[nodiscard]] LanguageModel plain_decoder(const ConfigFields& config);

// Of hugging_face_dense.cpp.
[[nodiscard]] LanguageModel read_llama(const ConfigFields& config);
[[nodiscard]] LanguageModel read_mistral(const ConfigFields& config);
[[nodiscard]] LanguageModel read_qwen2(const ConfigFields& config);
[[nodiscard]] LanguageModel read_qwen3(const ConfigFields& config);
[[nodiscard]] LanguageModel read_mimo(const ConfigFields& config);
[[nodiscard]] LanguageModel read_gpt2(const ConfigFields& config);
[[nodiscard]] LanguageModel read_phi(const ConfigFields& config);
[[nodiscard]] LanguageModel read_phi3(const ConfigFields& config);

// Of hugging_face_gemma.cpp.
[[nodiscard]] LanguageModel read_gemma(const ConfigFields& config);
[[nodiscard]] LanguageModel read_gemma2(const ConfigFields& config);
[[nodiscard]] LanguageModel read_gemma3(const ConfigFields& config);
[[nodiscard]] LanguageModel read_gemma4(const ConfigFields& config);

// Of hugging_face_experts.cpp.
[[nodiscard]] LanguageModel read_mixtral(const ConfigFields& config);
[[nodiscard]] LanguageModel read_olmoe(const ConfigFields& config);
[[nodiscard]] LanguageModel read_qwen2_moe(const ConfigFields& config);
[[nodiscard]] LanguageModel read_qwen3_moe(const ConfigFields& config);
[[nodiscard]] LanguageModel read_deepseek(const ConfigFields& config);

}  // namespace derate
