// SPDX-License-Identifier: Apache-2.0
// What a language model delivers that answers prompts of one length: memory, the largest batch, and
// times by prefill, by decode and by a steady mix of both.
#pragma once

#include <cstdint>
#include <optional>

#include "estimate/estimate.h"
#include "estimate/memory.h"
#include "estimate/step.h"

namespace derate {

struct ServingPlan {
  LanguageModel model;
  std::int64_t batch = 1;  ///< sequences at once
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 256;
  std::int64_t tensor_parallel = 1;
  double weight_bytes = 0;     ///< of one weight; 0: as the model's precision
  double key_value_bytes = 0;  ///< of one element; likewise
  StepRates rates;
  double device_bytes = 0;  ///< 0: not known
  double set_aside_share = kSetAsideShare;
  std::optional<Link> link = {};  ///< between the devices, where there are several
};

struct ServingEstimate {
  StepMemory memory;  ///< at the last token of every sequence
  bool fits = false;
  std::int64_t largest_batch = 0;  ///< that fits; 0 where not one sequence does
  // Of a plan that fits.
  Range first_token_s;  ///< a prompt alone
  Range token_s;        ///< a decode step at the middle of the output
  Range decode_per_s;   ///< tokens of all sequences, without prompts
  Range mixed_token_s;  ///< a token of a sequence while others' prompts are read between
  Range mixed_per_s;    ///< output tokens of all sequences then
};

[[nodiscard]] ServingEstimate estimate_serving(const ServingPlan& plan);

}  // namespace derate
