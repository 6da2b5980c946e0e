// SPDX-License-Identifier: Apache-2.0
// The list that the parts of a step add their operations to: with gradients where the step learns,
// and equal operations of different layers as one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "estimate/step_operations.h"

namespace derate {

class OperationList {
 public:
  OperationList(const LanguageModel& model, const StepSize& size, Step step);

  /// Y = X·W, with m x n results and k summands. Training needs the gradients of X and of W too.
  void weights(const std::string& name, std::int64_t count, GemmShape shape,
               std::int64_t products = 1);
  /// The same with keys or values in the place of weights.
  void keys(const std::string& name, std::int64_t count, GemmShape shape, std::int64_t products);
  /// Elements read and written forward; backward the same again, and what was saved is read.
  void stream(const std::string& name, std::int64_t count, double read, double written);
  /// Arithmetic on the chip: `flops` and moved elements, of which `keys` have their own format.
  /// Backward twice the moving, and 2.5 times the arithmetic, as scores are computed again.
  void fused(const std::string& name, std::int64_t count, double flops, double moved, double keys);
  /// Elements that are kept or not: read and written with a mask of one byte; backward the same.
  /// Nothing where the step does not learn, or the model has no dropout.
  void dropout(const std::string& name, std::int64_t count, double elements);
  void add(Operation operation);

  /// Elements of the residual stream, which may be wider, as so many of the model's precision.
  [[nodiscard]] double in_stream(double elements) const { return elements * stream_width_; }

  [[nodiscard]] std::vector<Operation> take() { return std::move(found_); }

 private:
  void product(const std::string& name, std::int64_t count, GemmShape shape, std::int64_t products,
               double second_bytes, bool is_learned);

  double element_bytes_;
  double weight_bytes_;
  double key_bytes_;
  double stream_width_;  // of an element, in those of the model's precision
  bool is_training_;
  bool learns_weights_;
  bool drops_out_;
  std::vector<Operation> found_;
};

// The parts of a layer: attention_operations.cpp and feed_forward_operations.cpp.
void add_attention(OperationList& list, const LanguageModel& model, const Block& block,
                   const StepSize& size, Step step);
/// Between the projections of a prompt or a training.
void add_attention_core(OperationList& list, const Block& block, const StepSize& size, Step step);
void add_feed_forward(OperationList& list, const LanguageModel& model, const Block& block,
                      const StepSize& size, Step step);

}  // namespace derate
