// SPDX-License-Identifier: Apache-2.0
// A transformer as the list of operations of one step: matrix products, and operations that memory
// bounds. docs/estimate.md describes the file. Shapes and bytes are those of a program without
// fused operations: a fused attention moves less.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "derate/gemm_model.h"
#include "derate/work.h"

namespace derate {

/// A decoder of equal layers, as GPT and Llama are.
struct Transformer {
  std::string name;
  std::int64_t layers = 0;
  std::int64_t width = 0;            ///< of the residual stream
  std::int64_t heads = 1;            ///< width is a multiple of it
  std::int64_t key_value_heads = 0;  ///< of which each serves heads / key_value_heads queries
  std::int64_t feed_forward = 0;     ///< width of the hidden layer
  bool gated = false;                ///< the hidden layer is the product of two (SwiGLU)
  std::int64_t sequence = 0;         ///< tokens of one sequence
  std::int64_t vocabulary = 0;
  std::int64_t batch = 0;  ///< sequences at once
  Precision precision = Precision::bf16;
};

/// What one step does: learn from the batch; read it, as a prompt; or add one token to each
/// sequence.
enum class Step { training, prefill, decode };

inline constexpr std::array<std::string_view, 3> kStepNames = {"training", "prefill", "decode"};

[[nodiscard]] constexpr std::string_view to_string(Step step) {
  return kStepNames[static_cast<std::size_t>(step)];
}

/// One kind of operation of a step.
struct Operation {
  std::string name;         ///< "qkv", "softmax", "gradient of up", "adam"
  std::int64_t count = 1;   ///< how often a step does it
  bool is_product = false;  ///< a matrix product; else memory bounds it
  GemmShape shape = {};     ///< of one product
  std::int64_t products =
      1;             ///< independent ones of that shape in one operation (heads of a batch)
  double bytes = 0;  ///< that one operation reads and writes, where it is no product
};

/// Operations in the order of their first use. An operation that stands for several layers stands
/// once.
[[nodiscard]] std::vector<Operation> operations(const Transformer& model, Step step);

/// Weights of the products and of the embedding, which the last product shares.
[[nodiscard]] double parameters(const Transformer& model);

/// Floating-point operations of a step's matrix products.
[[nodiscard]] double product_flops(const std::vector<Operation>& operations);

/// Reads a model file. Throws Error(invalid_input) that names the file and the field which is
/// missing, unknown or is invalid.
[[nodiscard]] Transformer read_transformer(const std::filesystem::path& path);

}  // namespace derate
