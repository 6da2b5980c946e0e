// SPDX-License-Identifier: Apache-2.0
// The config.json that lies beside a model's weights, as Hugging Face's transformers writes it.
#pragma once

#include <string>
#include <vector>

#include "estimate/config_fields.h"
#include "estimate/language_model.h"

namespace derate {

/// The values of model_type that are understood, in alphabetical order.
[[nodiscard]] std::vector<std::string> known_model_types();

/// Throws Error(invalid_input), which names file, line and field, for a model_type that is not
/// known, and for fields that are missing, cannot be meant, or contradict each other. The model has
/// no name.
[[nodiscard]] LanguageModel read_hugging_face_config(const ConfigFields& config);

}  // namespace derate
