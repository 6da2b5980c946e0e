// SPDX-License-Identifier: Apache-2.0
// Hidden layers: dense ones, and experts of which each is a product over the tokens that chose it.
#include <algorithm>
#include <cmath>

#include "estimate/operation_list.h"

namespace derate {
namespace {

void add_dense(OperationList& list, const std::string& prefix, const LanguageModel& model,
               std::int64_t layers, std::int64_t width, bool gated, std::int64_t tokens) {
  const double hidden = static_cast<double>(tokens) * static_cast<double>(width);
  list.weights(prefix + "up", layers * (gated ? 2 : 1), {tokens, width, model.width});
  list.stream(prefix + "activation", layers, gated ? 2 * hidden : hidden, hidden);
  list.weights(prefix + "down", layers, {tokens, model.width, width});
}

/// Of the experts, how many at least one of the tokens chooses, on average over even choices.
std::int64_t experts_at_work(const Experts& experts, std::int64_t tokens) {
  const double idle = 1 - static_cast<double>(experts.active) / static_cast<double>(experts.routed);
  const double at_work =
      static_cast<double>(experts.routed) * (1 - std::pow(idle, static_cast<double>(tokens)));
  return std::clamp(static_cast<std::int64_t>(std::llround(at_work)), experts.active,
                    experts.routed);
}

void add_experts(OperationList& list, const LanguageModel& model, const Block& block,
                 const StepSize& size, std::int64_t tokens) {
  const Experts& experts = *block.experts;
  const std::int64_t own = experts.routed / size.expert_parallel;
  const std::int64_t at_work = std::clamp<std::int64_t>(
      experts_at_work(experts, tokens * size.expert_parallel) / size.expert_parallel, 1, own);
  const std::int64_t rows = (tokens * experts.active + at_work - 1) / at_work;
  const std::int64_t width = std::max<std::int64_t>(1, experts.width / size.tensor_parallel);
  const double hidden = static_cast<double>(tokens * experts.active) * static_cast<double>(width);
  list.weights("router", block.layers, {tokens, experts.routed, model.width});
  list.weights("expert up", 2 * block.layers, {rows, width, model.width}, at_work);
  list.stream("expert activation", block.layers, 2 * hidden, hidden);
  list.weights("expert down", block.layers, {rows, model.width, width}, at_work);
  if (experts.shared_width == 0) return;
  add_dense(list, "shared expert ", model, block.layers,
            std::max<std::int64_t>(1, experts.shared_width / size.tensor_parallel), true, tokens);
}

}  // namespace

void add_feed_forward(OperationList& list, const LanguageModel& model, const Block& block,
                      const StepSize& size, Step step) {
  const std::int64_t tokens = extents_of(size, step).tokens;
  if (block.dense.width > 0) {
    add_dense(list, "", model, block.layers, block.dense.width / size.tensor_parallel,
              block.dense.gated, tokens);
  }
  if (block.experts) add_experts(list, model, block, size, tokens);
}

}  // namespace derate
