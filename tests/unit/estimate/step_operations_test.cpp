// SPDX-License-Identifier: Apache-2.0
// Operations and shapes of GPT-2 and of models with shared keys, latent attention, experts and
// windows, against hand-made counts.
#include "estimate/step_operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "estimate/parameters.h"

namespace derate {
namespace {

/// The weights of GPT-2 124M: 12 layers of width 768, 12 heads, 50257 words; without biases and
/// positions.
LanguageModel gpt2() {
  const Attention attention = {
      .heads = 12, .key_value_heads = 12, .head_width = 64, .value_width = 64};
  const Block block = {.layers = 12, .attention = attention, .dense = {.width = 3072}};
  return {.name = "gpt2", .width = 768, .vocabulary = 50257, .tied_head = true, .blocks = {block}};
}

constexpr StepSize kSize = {.batch = 4, .sequence = 1024};

std::vector<Operation> operations_of(const LanguageModel& model, Step step) {
  return operations(model, kSize, step);
}

const Operation& named(const std::vector<Operation>& operations, std::string_view name) {
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [&](const Operation& one) { return one.name == name; });
  if (found == operations.end()) throw std::out_of_range(std::string(name));
  return *found;
}

TEST(StepOperations, DoesTwoOperationsPerParameterAndTokenAndThoseOfAttention) {
  const LanguageModel model = gpt2();
  const double tokens = 4.0 * 1024;
  const double attention = 12 * 2.0 * 2 * tokens * 1024 * 768;  // scores and values
  const ParameterCount count = parameters(model);
  const double forward = 2 * (count.total() - count.norms) * tokens + attention;
  EXPECT_DOUBLE_EQ(product_flops(operations_of(model, Step::prefill)), forward);
  EXPECT_DOUBLE_EQ(product_flops(operations_of(model, Step::training)), 3 * forward);
}

// Norms read the stream and write operands; residuals read both and write the stream.
TEST(StepOperations, AResidualStreamMayBeWider) {
  LanguageModel model = gpt2();
  model.precision = Precision::bf16;
  const double elements = 4.0 * 1024 * 768;
  const auto bytes_of = [&](double residual_bytes, const char* name) {
    StepSize size = kSize;
    size.residual_bytes = residual_bytes;
    return named(operations(model, size, Step::prefill), name).bytes / elements;
  };
  EXPECT_DOUBLE_EQ(bytes_of(0, "norm"), 2 + 2);
  EXPECT_DOUBLE_EQ(bytes_of(4, "norm"), 4 + 2);
  EXPECT_DOUBLE_EQ(bytes_of(0, "residual"), 2 + 2 + 2);
  EXPECT_DOUBLE_EQ(bytes_of(4, "residual"), 4 + 2 + 4);
  EXPECT_DOUBLE_EQ(bytes_of(4, "embedding"), 2 + 4);
  EXPECT_DOUBLE_EQ(bytes_of(4, "last norm"), 4 + 2);
}

TEST(StepOperations, DecodesOneTokenAgainstAllKeys) {
  const auto list = operations_of(gpt2(), Step::decode);
  EXPECT_EQ(named(list, "qkv").shape.m, 4);
  const Operation& scores = named(list, "scores");
  EXPECT_EQ(scores.shape.m, 1);
  EXPECT_EQ(scores.shape.n, 1024);
  EXPECT_EQ(scores.shape.k, 64);
  EXPECT_EQ(scores.products, 4 * 12);
}

TEST(StepOperations, SharesKeysAndValuesAmongHeads) {
  LanguageModel model = gpt2();
  model.blocks.front().attention.key_value_heads = 4;
  EXPECT_EQ(named(operations_of(model, Step::prefill), "qkv").shape.n, 768 + 2 * 4 * 64);
}

TEST(StepOperations, GatesWithAThirdProduct) {
  LanguageModel model = gpt2();
  model.blocks.front().dense.gated = true;
  EXPECT_EQ(named(operations_of(model, Step::prefill), "up").count, 24);
  EXPECT_DOUBLE_EQ(parameters(model).total() - parameters(gpt2()).total(), 12.0 * 768 * 3072);
}

TEST(StepOperations, TrainsByTheGradientsOfBothOperands) {
  const auto list = operations_of(gpt2(), Step::training);
  const GemmShape& up = named(list, "up").shape;
  const GemmShape& left = named(list, "gradient of up, left").shape;
  const GemmShape& right = named(list, "gradient of up, right").shape;
  EXPECT_EQ(left.m, up.m);
  EXPECT_EQ(left.n, up.k);
  EXPECT_EQ(right.m, up.k);
  EXPECT_EQ(right.n, up.n);
  // Weights, two moments in f32 and the gradient and weights in bf16, read and written.
  EXPECT_DOUBLE_EQ(named(list, "adam").bytes, 28 * parameters(gpt2()).total());
}

TEST(StepOperations, MovesWhatANormReadsAndWrites) {
  const auto list = operations_of(gpt2(), Step::prefill);
  EXPECT_DOUBLE_EQ(named(list, "norm").bytes, 2.0 * 4 * 1024 * 768 * 2);
  EXPECT_EQ(named(list, "norm").count, 24);
  EXPECT_DOUBLE_EQ(named(list, "softmax").bytes, 2.0 * 4 * 12 * 1024 * 1024 * 2);
}

TEST(StepOperations, ReadsSharedKeysOnceForEachGroup) {
  LanguageModel model = gpt2();
  model.blocks.front().attention.key_value_heads = 4;
  const auto list = operations_of(model, Step::decode);
  const Operation& scores = named(list, "scores");
  EXPECT_EQ(scores.shape.m, 3) << "queries of a group";
  EXPECT_EQ(scores.products, 4 * 4) << "sequences and heads of keys";
}

TEST(StepOperations, LooksBackAsFarAsAWindow) {
  LanguageModel model = gpt2();
  model.blocks.front().attention.window = 100;
  EXPECT_EQ(named(operations_of(model, Step::decode), "scores in window").shape.n, 100);
}

TEST(StepOperations, TakesTheExpertsThatTokensChoose) {
  LanguageModel model = gpt2();
  model.blocks.front().dense = {};
  model.blocks.front().experts = Experts{.routed = 8, .active = 2, .width = 1024};
  const auto decode = operations(model, {.batch = 1, .sequence = 10}, Step::decode);
  EXPECT_EQ(named(decode, "expert up").products, 2);
  EXPECT_EQ(named(decode, "expert up").shape.m, 1);
  const Operation up = named(operations_of(model, Step::prefill), "expert up");
  EXPECT_EQ(up.products, 8);
  EXPECT_EQ(up.shape.m, 4 * 1024 * 2 / 8);
}

TEST(StepOperations, KeepsOneLatentVectorForAllHeads) {
  LanguageModel model = gpt2();
  Attention& attention = model.blocks.front().attention;
  attention.latent = LatentAttention{.query_rank = 0, .key_value_rank = 128, .rope_width = 16};
  const auto decode = operations_of(model, Step::decode);
  const Operation& scores = named(decode, "scores");
  EXPECT_EQ(scores.products, 4) << "sequences";
  EXPECT_EQ(scores.shape.m, 12) << "all heads";
  EXPECT_EQ(scores.shape.k, 128 + 16);
  EXPECT_EQ(named(operations_of(model, Step::prefill), "scores").products, 4 * 12);
}

TEST(StepOperations, FusedAttentionMovesNoScores) {
  StepSize size = kSize;
  size.fused_attention = true;
  const auto list = operations(gpt2(), size, Step::prefill);
  const Operation& attention = named(list, "attention");
  EXPECT_DOUBLE_EQ(attention.bytes, 4.0 * 4 * 1024 * 768 * 2) << "queries, keys, values, results";
  EXPECT_DOUBLE_EQ(attention.flops, 4.0 * 4 * 1024 * 1024 * 768 / 2) << "no key is later";
}

TEST(StepOperations, DropsOutOnlyWhileItLearns) {
  LanguageModel model = gpt2();
  const std::size_t without = operations_of(model, Step::training).size();
  model.dropout = true;
  EXPECT_EQ(operations_of(model, Step::prefill).size(),
            operations_of(gpt2(), Step::prefill).size());
  const auto list = operations_of(model, Step::training);
  EXPECT_EQ(list.size(), without + 4) << "of scores and of the streams, forward and backward";
  EXPECT_DOUBLE_EQ(named(list, "dropout").bytes, 4.0 * 1024 * 768 * 5);
  EXPECT_DOUBLE_EQ(named(list, "gradient of dropout of scores").bytes, 4.0 * 12 * 1024 * 1024 * 5);
}

TEST(StepOperations, TensorParallelDevicesShareTheProducts) {
  StepSize size = kSize;
  size.tensor_parallel = 4;
  const double all = product_flops(operations_of(gpt2(), Step::prefill));
  const double own = product_flops(operations(gpt2(), size, Step::prefill));
  EXPECT_NEAR(own / (all / 4), 1, 1e-4) << "50257 words do not divide by 4";
}

}  // namespace
}  // namespace derate
