// SPDX-License-Identifier: Apache-2.0
// Reads a language model from a file: the config.json beside its weights, or derate's own short
// description (docs/estimate.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "estimate/language_model.h"

namespace derate {

/// A model, and what derate's own description says of its use besides.
struct ModelFile {
  LanguageModel model;
  std::int64_t sequence = 0;  ///< tokens of one sequence; 0: the file does not say
  std::int64_t batch = 0;     ///< sequences at once; likewise
};

/// Throws Error(invalid_input), which names file, line and the field that is missing, unknown or
/// cannot be meant.
[[nodiscard]] ModelFile read_model(const std::filesystem::path& path);

}  // namespace derate
