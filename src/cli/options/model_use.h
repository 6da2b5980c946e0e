// SPDX-License-Identifier: Apache-2.0
// A model file and what is done with the model: how many sequences, how long, and how attention is
// computed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/command_line.h"
#include "estimate/model_file.h"
#include "estimate/step_operations.h"

namespace derate::cli {

struct ModelUseOptions {
  std::filesystem::path file;
  std::optional<std::int64_t> batch_sequences;
  std::optional<std::int64_t> context;
  std::string attention = "unfused";
  std::string residual;  ///< format of the residual stream; empty: the model's
};

/// The file, --batch-sequences, --context, --attention and --residual.
void add_model_use(Command& command, ModelUseOptions& options);

/// What the options say, or else the file; one sequence where neither does. Throws Error(usage) for
/// a context that is not said, or longer than the model's.
[[nodiscard]] StepSize size_of(const ModelUseOptions& options, const ModelFile& file);

}  // namespace derate::cli
