// SPDX-License-Identifier: Apache-2.0
// The layers, embedding and output, and Adam's update, in the order in which a step needs them.
#include "estimate/step_operations.h"

#include <algorithm>

#include "estimate/operation_list.h"
#include "estimate/parameters.h"

namespace derate {
namespace {

double residual_of(const LanguageModel& model, std::int64_t tokens) {
  return static_cast<double>(tokens) * static_cast<double>(model.width);
}

void add_layers(OperationList& list, const LanguageModel& model, const StepSize& size, Step step) {
  const double residual = residual_of(model, extents_of(size, step).stream_tokens);
  const double wide = list.in_stream(residual);
  for (const Block& block : model.blocks) {
    list.stream("norm", block.norms * block.layers, wide, residual);
    add_attention(list, model, block, size, step);
    add_feed_forward(list, model, block, size, step);
    list.dropout("dropout", 2 * block.layers, residual);
    list.stream("residual", 2 * block.layers, wide + residual, wide);
  }
}

void add_ends(OperationList& list, const LanguageModel& model, const StepSize& size, Step step) {
  const StepExtents e = extents_of(size, step);
  const double residual = residual_of(model, e.stream_tokens);
  const std::int64_t predicted = size.last_logits ? size.batch : e.tokens;
  const std::int64_t words = (model.vocabulary + size.tensor_parallel - 1) / size.tensor_parallel;
  list.stream("embedding", 1, residual, list.in_stream(residual));
  list.stream("last norm", 1, list.in_stream(residual), residual);
  list.weights("logits", 1, {predicted, words, model.width});
  if (step != Step::training) return;
  const auto rows = static_cast<double>(predicted);
  list.stream("loss", 1, rows * static_cast<double>(words), rows);
}

}  // namespace

StepExtents extents_of(const StepSize& size, Step step) {
  StepExtents e{};
  e.queries =
      step == Step::decode ? 1 : std::max<std::int64_t>(1, size.sequence / size.context_parallel);
  e.tokens = size.batch * e.queries;
  const std::int64_t shares = size.sequence_parallel ? size.tensor_parallel : 1;
  e.stream_tokens = std::max<std::int64_t>(1, e.tokens / shares);
  e.keys = size.sequence;
  return e;
}

std::vector<Operation> operations(const LanguageModel& model, const StepSize& size, Step step) {
  OperationList list(model, size, step);
  add_layers(list, model, size, step);
  add_ends(list, model, size, step);
  if (step == Step::training) {
    const double own = parameters(model).total() / static_cast<double>(size.tensor_parallel);
    list.add(update_operation(own, model.precision));
  }
  return list.take();
}

std::vector<Operation> layer_operations(const LanguageModel& model, const StepSize& size,
                                        Step step) {
  OperationList list(model, size, step);
  add_layers(list, model, size, step);
  return list.take();
}

std::vector<Operation> end_operations(const LanguageModel& model, const StepSize& size, Step step) {
  OperationList list(model, size, step);
  add_ends(list, model, size, step);
  return list.take();
}

std::vector<Operation> attention_core_operations(const LanguageModel& model, const StepSize& size) {
  OperationList list(model, size, Step::prefill);
  for (const Block& block : model.blocks) add_attention_core(list, block, size, Step::prefill);
  return list.take();
}

/// Adam reads the gradient and, in f32, weights and both moments; writes these, and weights again.
Operation update_operation(double parameters, Precision precision) {
  constexpr double kStates = 3 * 4;
  const double per_parameter = 2 * (kStates + bytes_per_element(precision));
  return {.name = "adam", .count = 1, .bytes = per_parameter * parameters};
}

double product_flops(const std::vector<Operation>& operations) {
  double flops = 0;
  for (const Operation& operation : operations) {
    const double one = operation.is_product
                           ? gemm_flop(operation.shape) * static_cast<double>(operation.products)
                           : operation.flops;
    flops += one * static_cast<double>(operation.count);
  }
  return flops;
}

}  // namespace derate
