// SPDX-License-Identifier: Apache-2.0
// No step is quicker than its bounds, counted here from the model alone: what must be read at the
// data sheet's bandwidth, and the operations of its weights at the peak. Random models, sizes and
// rates, some of which claim more than the device has.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "estimate/memory.h"
#include "estimate/parameters.h"
#include "estimate/serving.h"
#include "estimate/step.h"

namespace derate {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int64_t from(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }
  double real(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(engine_);
  }
  bool yes() { return from(0, 1) == 1; }

 private:
  std::mt19937 engine_;
};

Block random_block(Random& random) {
  Block block;
  block.layers = random.from(1, 40);
  Attention& attention = block.attention;
  attention.key_value_heads = random.from(1, 8);
  attention.heads = attention.key_value_heads * random.from(1, 8);
  attention.head_width = 16 * random.from(1, 16);
  attention.value_width = attention.head_width;
  if (random.yes()) attention.window = random.from(1, 5000);
  block.dense = {.width = 64 * random.from(1, 200), .gated = random.yes()};
  if (!random.yes()) return block;
  Experts experts = {.routed = random.from(1, 64), .width = 64 * random.from(1, 20)};
  experts.active = random.from(1, experts.routed);
  if (random.yes()) experts.shared_width = 64 * random.from(1, 20);
  block.experts = experts;
  block.dense = {};
  return block;
}

LanguageModel random_model(Random& random) {
  LanguageModel model;
  model.width = 64 * random.from(1, 128);
  model.vocabulary = random.from(100, 200'000);
  model.tied_head = random.yes();
  model.blocks = {random_block(random)};
  if (random.yes()) model.blocks.push_back(random_block(random));
  return model;
}

constexpr double kPeak_flop_per_s = 1e15;
constexpr double kPeak_bytes_per_s = 4e12;

/// Shares up to 1; one case in two pretends a bandwidth beyond the memory's.
StepRates random_rates(Random& random) {
  StepRates rates;
  const double most = random.yes() ? 1.0 : 2.0;
  rates.products.peaks = {.flop_per_s = kPeak_flop_per_s, .bytes_per_s = kPeak_bytes_per_s};
  rates.products.knee = {random.real(0.1, 1), random.real(0.1, most), random.real(0, 1e-5), 2};
  rates.products.fast = rates.products.knee;
  rates.products.slow = rates.products.knee;
  const double bytes_per_s = random.real(0.1, most) * kPeak_bytes_per_s;
  rates.memory = {{bytes_per_s, {bytes_per_s, bytes_per_s, 0.9}}, random.real(0, 1e-5)};
  return rates;
}

/// Weights that one token passes through, each read at least once; of the embedding only the head.
double least_weights(const LanguageModel& model) {
  const ParameterCount count = parameters(model);
  const double head = model.tied_head ? count.embedding : count.head;
  return count.attention + count.feed_forward + count.routed_experts - count.idle +
         count.shared_experts + head;
}

TEST(StepBounds, NoDecodeStepIsQuickerThanItsBytesOrOperations) {
  Random random(20261130);
  for (int i = 0; i < 2000; ++i) {
    const LanguageModel model = random_model(random);
    const StepSize size = {.batch = random.from(1, 300),
                           .sequence = random.from(1, 20'000),
                           .fused_attention = random.yes()};
    const StepEstimate estimate =
        estimate_step(operations(model, size, Step::decode), random_rates(random));
    const double keys =
        static_cast<double>(size.batch) * key_value_bytes(model, size, size.sequence);
    const double bytes = 2 * least_weights(model) + keys;
    const double flops = 2 * least_weights(model) * static_cast<double>(size.batch);
    EXPECT_GE(estimate.interval_s.low * (1 + 1e-9), bytes / kPeak_bytes_per_s) << i;
    EXPECT_GE(estimate.interval_s.low * (1 + 1e-9), flops / kPeak_flop_per_s) << i;
  }
}

TEST(StepBounds, NoPromptOrTrainingStepIsQuickerThanItsOperations) {
  Random random(1130);
  for (int i = 0; i < 1000; ++i) {
    const LanguageModel model = random_model(random);
    const StepSize size = {.batch = random.from(1, 8), .sequence = random.from(1, 4000)};
    const Step step = random.yes() ? Step::training : Step::prefill;
    const double passes = step == Step::training ? 3 : 1;
    const StepEstimate estimate =
        estimate_step(operations(model, size, step), random_rates(random));
    const double tokens = static_cast<double>(size.batch * size.sequence);
    EXPECT_GE(estimate.interval_s.low * (1 + 1e-9),
              passes * 2 * least_weights(model) * tokens / kPeak_flop_per_s)
        << i;
  }
}

/// A model that was fitted to one tall product knows nothing of the keys of other sequences.
TEST(StepBounds, AFittedModelReadsEverySequencesKeys) {
  const GemmPeaks peaks = {.flop_per_s = kPeak_flop_per_s, .bytes_per_s = kPeak_bytes_per_s};
  const GemmKnee knee = {0.7, 0.8, 3e-6, 2};
  std::vector<GemmSample> samples;
  for (const std::int64_t m : {1, 64, 1024, 8192}) {
    for (const std::int64_t n : {64, 1024, 8192}) {
      for (const std::int64_t k : {64, 1024, 8192}) {
        const GemmShape shape = {m, n, k};
        samples.push_back({shape, knee_time_s(peaks, knee, shape)});
      }
    }
  }
  StepRates rates;
  const GemmModel model = GemmModel::fit(samples, peaks);
  rates.products = {.peaks = peaks, .knee = model.data().knee, .fitted = model};
  rates.memory = {{3e12, {3e12, 3e12, 0.9}}, 3e-6};
  const Attention attention = {
      .heads = 32, .key_value_heads = 32, .head_width = 128, .value_width = 128};
  const Block block = {.layers = 32, .attention = attention, .dense = {.width = 11008}};
  const LanguageModel l7 = {.name = "L7", .width = 4096, .vocabulary = 32000, .blocks = {block}};
  const StepSize size = {.batch = 256, .sequence = 8192};
  const StepEstimate estimate = estimate_step(operations(l7, size, Step::decode), rates);
  const double keys = 256 * key_value_bytes(l7, size, 8192);
  EXPECT_GT(estimate.time_s, keys / kPeak_bytes_per_s);
  EXPECT_LT(estimate.time_s, 1.5 * keys / kPeak_bytes_per_s);
}

class Serving : public testing::Test {
 protected:
  static ServingPlan plan(std::int64_t batch) {
    Random random(3);
    ServingPlan plan;
    const Attention attention = {
        .heads = 32, .key_value_heads = 8, .head_width = 128, .value_width = 128};
    const Block block = {
        .layers = 32, .attention = attention, .dense = {.width = 14336, .gated = true}};
    plan.model = {.name = "L8", .width = 4096, .vocabulary = 128256, .blocks = {block}};
    plan.batch = batch;
    plan.prompt_tokens = 2048;
    plan.rates = random_rates(random);
    plan.device_bytes = 24e9;
    return plan;
  }
};

TEST_F(Serving, TheLargestBatchIsTheLastThatFits) {
  const std::int64_t largest = estimate_serving(plan(1)).largest_batch;
  EXPECT_GT(largest, 1);
  EXPECT_TRUE(estimate_serving(plan(largest)).fits);
  EXPECT_FALSE(estimate_serving(plan(largest + 1)).fits);
}

TEST_F(Serving, PromptsBetweenDelayEveryToken) {
  const ServingEstimate estimate = estimate_serving(plan(8));
  EXPECT_DOUBLE_EQ(estimate.mixed_token_s.value,
                   estimate.token_s.value + 8.0 / 256 * estimate.first_token_s.value);
  EXPECT_DOUBLE_EQ(estimate.mixed_per_s.value, 8 / estimate.mixed_token_s.value);
  EXPECT_LT(estimate.mixed_per_s.value, estimate.decode_per_s.value);
}

TEST_F(Serving, NarrowWeightsAndKeysTakeLessMemoryAndTime) {
  const ServingEstimate wide = estimate_serving(plan(1));
  ServingPlan narrow = plan(1);
  narrow.weight_bytes = 0.5;
  narrow.key_value_bytes = 1;
  const ServingEstimate estimate = estimate_serving(narrow);
  EXPECT_DOUBLE_EQ(estimate.memory.weights, wide.memory.weights / 4);
  EXPECT_DOUBLE_EQ(estimate.memory.keys_and_values, wide.memory.keys_and_values / 2);
  EXPECT_LT(estimate.token_s.value, wide.token_s.value / 2);
}

TEST_F(Serving, APlanThatDoesNotFitHasNoTimes) {
  const ServingEstimate estimate = estimate_serving(plan(1000));
  EXPECT_FALSE(estimate.fits);
  EXPECT_EQ(estimate.token_s.value, 0);
}

TEST_F(Serving, TensorParallelDevicesShareTheMemoryAndTalk) {
  ServingPlan two = plan(1);
  two.tensor_parallel = 2;
  two.link = Link{exactly(1e11), 1e-5};
  const ServingEstimate one = estimate_serving(plan(1));
  const ServingEstimate estimate = estimate_serving(two);
  EXPECT_DOUBLE_EQ(estimate.memory.weights, one.memory.weights / 2);
  EXPECT_DOUBLE_EQ(estimate.memory.keys_and_values, one.memory.keys_and_values / 2);
  EXPECT_GT(estimate.token_s.value, one.token_s.value / 2 + 64 * 2e-5);
}

}  // namespace
}  // namespace derate
