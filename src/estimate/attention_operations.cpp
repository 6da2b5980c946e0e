// SPDX-License-Identifier: Apache-2.0
// Attention of one kind of layers. Queries that share a head of keys are rows of one product, so
// that each key and value is read once for its group, as kernels for grouped attention do.
#include <algorithm>

#include "estimate/extents.h"
#include "estimate/operation_list.h"

namespace derate {
namespace {

/// Scores and values between projections, whatever these are.
struct Core {
  std::int64_t groups;  ///< of sequences and heads, each with keys of its own
  std::int64_t rows;    ///< queries of a group
  std::int64_t keys;
  std::int64_t head_width;
  std::int64_t value_width;
  bool shares_values;  ///< values are part of the keys
};

/// Of all pairs of a query and a key, those whose key is not later: fused kernels skip the others.
/// Devices that share a sequence are given early and late parts of it alike.
double causal_share(const Core& core, const StepExtents& e) {
  return e.queries > 1 && core.keys == e.keys ? 0.5 : 1;
}

void add_core(OperationList& list, const Block& block, const Core& core, const StepSize& size,
              const StepExtents& e) {
  const double score_count = times(core.groups * core.rows, core.keys);
  const std::string where = block.attention.window > 0 ? " in window" : "";
  if (size.fused_attention) {
    const double flops = 2 * score_count * static_cast<double>(core.head_width + core.value_width) *
                         causal_share(core, e);
    const double moved = times(core.groups * core.rows, core.head_width + core.value_width);
    const std::int64_t kept = core.head_width + (core.shares_values ? 0 : core.value_width);
    list.fused("attention" + where, block.layers, flops, moved,
               times(core.groups * core.keys, kept));
    return;
  }
  list.keys("scores" + where, block.layers, {core.rows, core.keys, core.head_width}, core.groups);
  list.stream("softmax" + where, block.layers, score_count, score_count);
  list.dropout("dropout of scores" + where, block.layers, score_count);
  list.keys("values" + where, block.layers, {core.rows, core.value_width, core.keys}, core.groups);
}

std::int64_t own_key_heads(const Attention& a, const StepSize& size) {
  return std::max<std::int64_t>(1, a.key_value_heads / size.tensor_parallel);
}

Core direct_core(const Attention& a, const StepSize& size, const StepExtents& e) {
  const std::int64_t heads = a.heads / size.tensor_parallel;
  const std::int64_t key_heads = own_key_heads(a, size);
  const std::int64_t keys = a.window > 0 ? std::min(a.window, e.keys) : e.keys;
  return {size.batch * key_heads,
          e.queries * (heads / key_heads),
          keys,
          a.head_width,
          a.value_width,
          false};
}

/// Of prompts and trainings, which project all keys out of the latent space.
Core latent_core(const Attention& a, const StepSize& size, const StepExtents& e) {
  const std::int64_t heads = a.heads / size.tensor_parallel;
  return {size.batch * heads, e.queries, e.keys, a.head_width, a.value_width, false};
}

void add_direct(OperationList& list, const LanguageModel& model, const Block& block,
                const StepSize& size, const StepExtents& e) {
  const Attention& a = block.attention;
  const std::int64_t heads = a.heads / size.tensor_parallel;
  const std::int64_t key_heads = own_key_heads(a, size);
  const std::int64_t qkv =
      heads * a.head_width + key_heads * (a.head_width + (a.values_are_keys ? 0 : a.value_width));
  list.weights("qkv", block.layers, {e.tokens, qkv, model.width});
  add_core(list, block, direct_core(a, size, e), size, e);
  list.weights("attention out", block.layers, {e.tokens, model.width, heads * a.value_width});
}

/// While generating, queries are projected into the latent space in the place of all keys out of
/// it.
void add_latent_core(OperationList& list, const Block& block, const StepSize& size,
                     const StepExtents& e, std::int64_t heads, bool is_decode) {
  const Attention& a = block.attention;
  const LatentAttention& latent = *a.latent;
  const std::int64_t plain = a.head_width - latent.rope_width;
  const std::int64_t rank = latent.key_value_rank;
  if (!is_decode) {
    list.weights("key and value up", block.layers,
                 {e.tokens, heads * (plain + a.value_width), rank});
    add_core(list, block, latent_core(a, size, e), size, e);
    return;
  }
  list.weights("queries to latent", block.layers, {e.tokens, rank, plain}, heads);
  const Core core = {size.batch, heads, e.keys, rank + latent.rope_width, rank, true};
  add_core(list, block, core, size, e);
  list.weights("values from latent", block.layers, {e.tokens, a.value_width, rank}, heads);
}

void add_latent(OperationList& list, const LanguageModel& model, const Block& block,
                const StepSize& size, const StepExtents& e, bool is_decode) {
  const Attention& a = block.attention;
  const LatentAttention& latent = *a.latent;
  const std::int64_t heads = a.heads / size.tensor_parallel;
  const std::int64_t queries = heads * a.head_width;
  if (latent.query_rank > 0) {
    list.weights("query down", block.layers, {e.tokens, latent.query_rank, model.width});
    list.weights("query up", block.layers, {e.tokens, queries, latent.query_rank});
  } else {
    list.weights("queries", block.layers, {e.tokens, queries, model.width});
  }
  list.weights("key and value down", block.layers,
               {e.tokens, latent.key_value_rank + latent.rope_width, model.width});
  add_latent_core(list, block, size, e, heads, is_decode);
  list.weights("attention out", block.layers, {e.tokens, model.width, heads * a.value_width});
}

}  // namespace

void add_attention_core(OperationList& list, const Block& block, const StepSize& size, Step step) {
  const StepExtents e = extents_of(size, step);
  const Attention& a = block.attention;
  add_core(list, block, a.latent ? latent_core(a, size, e) : direct_core(a, size, e), size, e);
}

void add_attention(OperationList& list, const LanguageModel& model, const Block& block,
                   const StepSize& size, Step step) {
  const StepExtents e = extents_of(size, step);
  if (block.attention.latent) {
    add_latent(list, model, block, size, e, step == Step::decode);
  } else {
    add_direct(list, model, block, size, e);
  }
}

}  // namespace derate
