// SPDX-License-Identifier: Apache-2.0
// Attention is fused, and long prompts are read in chunks, as serving engines do. In the steady mix
// every sequence that ends makes room for a prompt: for each output of N tokens one prompt is read.
#include "estimate/serving.h"

#include <algorithm>

#include "estimate/extents.h"
#include "estimate/range.h"

namespace derate {
namespace {

/// Tokens of a prompt that are read at once, as vLLM's max_num_batched_tokens limits them.
constexpr std::int64_t kChunkTokens = 8192;
constexpr std::int64_t kMostSequences = 1'000'000;

StepSize size_of(const ServingPlan& plan, std::int64_t batch, std::int64_t sequence) {
  return {.batch = batch,
          .sequence = sequence,
          .tensor_parallel = plan.tensor_parallel,
          .fused_attention = true,
          .last_logits = true,
          .weight_bytes = plan.weight_bytes,
          .key_value_bytes = plan.key_value_bytes};
}

StepMemory memory_of(const ServingPlan& plan, std::int64_t batch) {
  const StepSize all = size_of(plan, batch, plan.prompt_tokens + plan.output_tokens);
  const StepSize chunk = size_of(plan, 1, std::min(plan.prompt_tokens, kChunkTokens));
  StepMemory memory = inference_memory(plan.model, all, Step::decode);
  memory.activations =
      std::max(memory.activations, inference_memory(plan.model, chunk, Step::prefill).activations);
  memory.set_aside = plan.device_bytes * plan.set_aside_share;
  return memory;
}

bool has_room(const ServingPlan& plan, std::int64_t batch) {
  return plan.device_bytes == 0 || memory_of(plan, batch).total() <= plan.device_bytes;
}

std::int64_t largest_batch(const ServingPlan& plan) {
  std::int64_t fits = 0;
  std::int64_t too_many = kMostSequences + 1;
  while (too_many - fits > 1) {
    const std::int64_t middle = fits + (too_many - fits) / 2;
    (has_room(plan, middle) ? fits : too_many) = middle;
  }
  return fits;
}

/// Tensor-parallel devices sum their shares of attention and of the hidden layer.
Range exchange_s(const ServingPlan& plan, double tokens) {
  if (!plan.link) return exactly(0);
  constexpr double kSumsOfALayer = 2;
  const double bytes = tokens * real(plan.model.width) * bytes_per_element(plan.model.precision);
  return kSumsOfALayer * real(layers_of(plan.model)) *
         all_reduce_s(bytes, real(plan.tensor_parallel), *plan.link);
}

Range step_s(const ServingPlan& plan, const StepSize& size, Step step) {
  const StepEstimate estimate = estimate_step(operations(plan.model, size, step), plan.rates);
  return Range{estimate.interval_s.low, estimate.time_s, estimate.interval_s.high} +
         exchange_s(plan, real(extents_of(size, step).tokens));
}

}  // namespace

ServingEstimate estimate_serving(const ServingPlan& plan) {
  ServingEstimate estimate;
  estimate.memory = memory_of(plan, plan.batch);
  estimate.fits = has_room(plan, plan.batch);
  if (plan.device_bytes > 0) estimate.largest_batch = largest_batch(plan);
  if (!estimate.fits) return estimate;
  const double outputs = real(plan.output_tokens);
  const double batch = real(plan.batch);
  const std::int64_t middle = plan.prompt_tokens + (plan.output_tokens + 1) / 2;
  estimate.first_token_s = step_s(plan, size_of(plan, 1, plan.prompt_tokens), Step::prefill);
  estimate.token_s = step_s(plan, size_of(plan, plan.batch, middle), Step::decode);
  estimate.decode_per_s = batch / estimate.token_s;
  estimate.mixed_token_s = estimate.token_s + (batch / outputs) * estimate.first_token_s;
  estimate.mixed_per_s = batch / estimate.mixed_token_s;
  return estimate;
}

}  // namespace derate
