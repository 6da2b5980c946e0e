// SPDX-License-Identifier: Apache-2.0
// The products and memory-bound operations of each layer, of embedding and output, of backward
// passes and of Adam's update, with their shapes and bytes.
#include "estimate/transformer.h"

#include <algorithm>

namespace derate {
namespace {

/// What the shapes of a step are made of.
struct Extents {
  std::int64_t tokens;   ///< that pass through the layers
  std::int64_t queries;  ///< of them in each sequence
  std::int64_t keys;     ///< that each query looks at
  std::int64_t head;     ///< width of one head
  std::int64_t qkv;      ///< width of queries, keys and values together
  double element_bytes;
};

Extents extents(const Transformer& model, Step step) {
  Extents e{};
  e.queries = step == Step::decode ? 1 : model.sequence;
  e.tokens = model.batch * e.queries;
  e.keys = model.sequence;
  e.head = model.width / model.heads;
  e.qkv = model.width + 2 * model.key_value_heads * e.head;
  e.element_bytes = bytes_per_element(model.precision);
  return e;
}

class Steps {
 public:
  Steps(const Transformer& model, Step step)
      : model_(model), e_(extents(model, step)), is_training_(step == Step::training) {}

  /// Y = X·W, with m x n results and k summands. Training needs the gradients of X and of W too.
  void product(const std::string& name, std::int64_t count, GemmShape shape,
               std::int64_t products = 1) {
    found_.push_back(
        {.name = name, .count = count, .is_product = true, .shape = shape, .products = products});
    if (!is_training_) return;
    found_.push_back({.name = "gradient of " + name + ", left",
                      .count = count,
                      .is_product = true,
                      .shape = {shape.m, shape.k, shape.n},
                      .products = products});
    found_.push_back({.name = "gradient of " + name + ", right",
                      .count = count,
                      .is_product = true,
                      .shape = {shape.k, shape.n, shape.m},
                      .products = products});
  }

  /// `elements` read and written forward; backward the same again, and what was saved is read.
  void stream(const std::string& name, std::int64_t count, double read, double written) {
    found_.push_back({.name = name, .count = count, .bytes = (read + written) * e_.element_bytes});
    if (!is_training_) return;
    found_.push_back({.name = "gradient of " + name,
                      .count = count,
                      .bytes = (2 * read + written) * e_.element_bytes});
  }

  void layers();
  void ends();
  void update();
  [[nodiscard]] std::vector<Operation> take() { return std::move(found_); }

 private:
  const Transformer& model_;
  Extents e_;
  bool is_training_;
  std::vector<Operation> found_;
};

void Steps::layers() {
  const Transformer& m = model_;
  const auto tokens = static_cast<double>(e_.tokens);
  const double residual = tokens * static_cast<double>(m.width);
  const double hidden = tokens * static_cast<double>(m.feed_forward);
  const double scores = static_cast<double>(m.batch * m.heads) * static_cast<double>(e_.queries) *
                        static_cast<double>(e_.keys);
  stream("norm", 2 * m.layers, residual, residual);
  product("qkv", m.layers, {e_.tokens, e_.qkv, m.width});
  product("scores", m.layers, {e_.queries, e_.keys, e_.head}, m.batch * m.heads);
  stream("softmax", m.layers, scores, scores);
  product("values", m.layers, {e_.queries, e_.head, e_.keys}, m.batch * m.heads);
  product("attention out", m.layers, {e_.tokens, m.width, m.width});
  product("up", m.layers * (m.gated ? 2 : 1), {e_.tokens, m.feed_forward, m.width});
  stream("activation", m.layers, m.gated ? 2 * hidden : hidden, hidden);
  product("down", m.layers, {e_.tokens, m.width, m.feed_forward});
  stream("residual", 2 * m.layers, 2 * residual, residual);
}

void Steps::ends() {
  const auto tokens = static_cast<double>(e_.tokens);
  const double residual = tokens * static_cast<double>(model_.width);
  stream("embedding", 1, residual, residual);
  stream("last norm", 1, residual, residual);
  product("logits", 1, {e_.tokens, model_.vocabulary, model_.width});
  if (is_training_) stream("loss", 1, tokens * static_cast<double>(model_.vocabulary), tokens);
}

/// Adam: reads the gradient and, in f32, weights and both moments; writes these, and weights again.
void Steps::update() {
  constexpr double kStates = 3 * 4;
  const double per_parameter = 2 * (kStates + e_.element_bytes);
  found_.push_back({.name = "adam", .count = 1, .bytes = per_parameter * parameters(model_)});
}

}  // namespace

std::vector<Operation> operations(const Transformer& model, Step step) {
  Steps steps(model, step);
  steps.layers();
  steps.ends();
  if (step == Step::training) steps.update();
  return steps.take();
}

double parameters(const Transformer& model) {
  const Extents e = extents(model, Step::prefill);
  const auto width = static_cast<double>(model.width);
  const double attention = width * static_cast<double>(e.qkv) + width * width;
  const double hidden = width * static_cast<double>(model.feed_forward) * (model.gated ? 3 : 2);
  return static_cast<double>(model.layers) * (attention + hidden) +
         width * static_cast<double>(model.vocabulary);
}

double product_flops(const std::vector<Operation>& operations) {
  double flops = 0;
  for (const Operation& operation : operations) {
    if (!operation.is_product) continue;
    flops += gemm_flop(operation.shape) * static_cast<double>(operation.products) *
             static_cast<double>(operation.count);
  }
  return flops;
}

}  // namespace derate
