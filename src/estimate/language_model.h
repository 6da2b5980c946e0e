// SPDX-License-Identifier: Apache-2.0
// A decoder-only language model: the extents that its weights, its operations and its memory
// follow from. model_file.h reads one, parameters.h counts its weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "derate/work.h"

namespace derate {

/// Keys and values as projections of one narrow vector for each token, which alone is kept for
/// later tokens (multi-head latent attention, DeepSeek-V2).
struct LatentAttention {
  std::int64_t query_rank = 0;  ///< 0: queries are projected from the full width
  std::int64_t key_value_rank = 0;
  std::int64_t rope_width = 0;  ///< part of head_width that carries positions, shared by all heads
};

struct Attention {
  std::int64_t heads = 1;
  std::int64_t key_value_heads = 1;  ///< each serves heads / key_value_heads queries
  std::int64_t head_width = 0;       ///< of a query or a key
  std::int64_t value_width = 0;      ///< of a value, of one head
  std::optional<LatentAttention> latent = {};
  std::int64_t window = 0;       ///< latest tokens that a query looks at; 0: all
  bool values_are_keys = false;  ///< one projection gives both
  bool query_key_value_bias = false;
  bool out_bias = false;
  std::int64_t norm_weights = 0;  ///< of norms on queries, keys or latent vectors
};

/// A hidden layer that every token passes through.
struct FeedForward {
  std::int64_t width = 0;  ///< 0: there is none
  bool gated = false;      ///< the hidden layer is the product of two (SwiGLU)
  bool bias = false;
};

/// Gated hidden layers of which each token passes through a few.
struct Experts {
  std::int64_t routed = 0;
  std::int64_t active = 0;         ///< of the routed, for one token
  std::int64_t width = 0;          ///< of one
  std::int64_t shared_width = 0;   ///< of those together that every token passes through
  bool shared_gate = false;        ///< a weight for each unit of width decides how much of these
  std::int64_t router_extras = 0;  ///< weights of the router besides its matrix
};

/// Layers that are alike.
struct Block {
  std::int64_t layers = 1;
  Attention attention;
  FeedForward dense;
  std::optional<Experts> experts = {};  ///< beside the dense layer, or in its place
  std::int64_t norms = 2;               ///< each as wide as the model
};

struct LanguageModel {
  std::string name;
  std::int64_t width = 0;  ///< of the residual stream
  std::int64_t vocabulary = 0;
  std::int64_t learned_positions = 0;  ///< 0: positions need no weights
  std::int64_t longest_context = 0;    ///< 0: the file does not say
  bool tied_head = false;              ///< embedding and last product share their weights
  bool head_bias = false;
  bool norm_bias = false;
  bool dropout = false;  ///< while it is trained
  std::vector<Block> blocks;
  std::int64_t predicted_ahead = 0;  ///< layers that predict further tokens (MTP), not in blocks
  Precision precision = Precision::bf16;
};

[[nodiscard]] std::int64_t layers_of(const LanguageModel& model);

}  // namespace derate
