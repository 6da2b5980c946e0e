// SPDX-License-Identifier: Apache-2.0
// The limits keep every product of extents within what operations() can count.
#include "cli/options/model_use.h"

#include <fmt/format.h>

#include "derate/error.h"

namespace derate::cli {

void add_model_use(Command& command, ModelUseOptions& options) {
  constexpr std::int64_t kMostSequences = 1'000'000;
  constexpr std::int64_t kLongestContext = 100'000'000;
  command
      .add_option("file", options.file,
                  "the model: the config.json beside its weights, or a model file (JSON)")
      .required();
  command.add_option("--batch-sequences", options.batch_sequences, "sequences at once")
      .range(std::int64_t{1}, kMostSequences);
  command
      .add_option("--context", options.context,
                  "tokens of a sequence; of decode, with all that came before")
      .range(std::int64_t{1}, kLongestContext);
  command
      .add_option("--attention", options.attention,
                  "fused: scores stay on the chip (FlashAttention); unfused: memory holds them")
      .one_of({"fused", "unfused"})
      .show_default();
  command
      .add_option("--residual", options.residual,
                  "format of the residual stream, as f32 beside bf16 products (the model's)")
      .one_of({"f32", "f16", "bf16"});
}

StepSize size_of(const ModelUseOptions& options, const ModelFile& file) {
  StepSize size;
  size.batch = options.batch_sequences.value_or(file.batch > 0 ? file.batch : 1);
  size.sequence = options.context.value_or(file.sequence);
  size.fused_attention = options.attention == "fused";
  if (!options.residual.empty()) {
    size.residual_bytes = bytes_per_element(*parse_precision(options.residual));
  }
  if (size.sequence == 0) {
    throw Error(ExitCode::usage,
                fmt::format("--context: how many tokens has a sequence? {} does not say",
                            options.file.string()));
  }
  const std::int64_t longest = file.model.longest_context;
  if (longest > 0 && size.sequence > longest) {
    throw Error(ExitCode::usage,
                fmt::format("--context: {} tokens are more than the {} that {} takes",
                            size.sequence, longest, file.model.name));
  }
  return size;
}

}  // namespace derate::cli
