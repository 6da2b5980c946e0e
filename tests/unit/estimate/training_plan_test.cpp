// SPDX-License-Identifier: Apache-2.0
// A training's plan from what a user says of it: devices of the catalogue, derates, and what is
// missing.
#include "estimate/training_plan.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "derate/error.h"
#include "estimate/training_report.h"

namespace derate {
namespace {

TrainOptions gpt2_on_a_p40() {
  TrainOptions options;
  options.device = "Tesla P40";
  options.work.parameters = 124e6;
  options.work.samples = 2.5e9;
  return options;
}

std::string refusal(const TrainOptions& options) {
  try {
    static_cast<void>(plan_of(options));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "a plan";
}

TEST(TrainingPlan, TakesThePeakOfTheCatalogue) {
  const TrainingPlan plan = plan_of(gpt2_on_a_p40());
  EXPECT_EQ(plan.device, "Tesla P40");
  ASSERT_EQ(plan.derates.size(), 2u);
  EXPECT_EQ(plan.derates.front().name, "mfu");
  EXPECT_EQ(plan.derates.back().name, "flat");
  EXPECT_EQ(plan.precision, Precision::f32) << "a P40 does not multiply bf16";
  EXPECT_NEAR(plan.peak, 2 * 3840 * 1.531e9, 1e9);  // its data sheet: 12 TFLOP/s in f32
  EXPECT_NEAR(plan.device_memory_bytes, 24e9, 2e9);
  EXPECT_DOUBLE_EQ(training_flops(plan.work), 2 * 3 * 124e6 * 2.5e9);
}

TEST(TrainingPlan, AddsTheDeratesThatAreNamed) {
  TrainOptions options = gpt2_on_a_p40();
  options.derates = {"mfu", "0.4", "mine=0.35..0.5"};
  const TrainingPlan plan = plan_of(options);
  ASSERT_EQ(plan.derates.size(), 4u);
  EXPECT_EQ(plan.derates[1].name, "mine");
  EXPECT_DOUBLE_EQ(plan.derates[1].eta.low, 0.35);
  EXPECT_DOUBLE_EQ(plan.derates[1].eta.high, 0.5);
}

TEST(TrainingPlan, TakesBatchesOfTokensOrOfSequences) {
  TrainOptions options = gpt2_on_a_p40();
  options.counts_tokens = true;
  options.batch_sequences = 512;
  EXPECT_EQ(refusal(options).rfind("--sequence:", 0), 0u) << refusal(options);
  options.sequence = 1024;
  EXPECT_EQ(plan_of(options).batch, 512 * 1024);
  options.batch_tokens = 1e6;
  EXPECT_EQ(refusal(options).rfind("--batch-tokens:", 0), 0u) << refusal(options);
  options.batch_sequences = kUnknown;
  EXPECT_EQ(plan_of(options).batch, 1e6);
  options.batch = 512;
  EXPECT_EQ(refusal(options).rfind("--batch: of tokens or of sequences?", 0), 0u);
  options.counts_tokens = false;
  EXPECT_EQ(refusal(options).rfind("--batch-tokens", 0), 0u) << "they are of tokens";
}

TEST(TrainingPlan, MultipliesInBf16WhereTheDeviceDoes) {
  TrainOptions options = gpt2_on_a_p40();
  options.device = "H200";
  EXPECT_EQ(plan_of(options).precision, Precision::bf16);
  options.precision = "f32";
  EXPECT_EQ(plan_of(options).precision, Precision::f32);
}

TEST(TrainingPlan, NamesTheOptionThatIsMissing) {
  TrainOptions options = gpt2_on_a_p40();
  options.device.clear();
  EXPECT_EQ(refusal(options).rfind("--device:", 0), 0u) << refusal(options);
  options = gpt2_on_a_p40();
  options.work.samples = kUnknown;
  EXPECT_EQ(refusal(options).rfind("--tokens:", 0), 0u) << refusal(options);
  options = gpt2_on_a_p40();
  options.devices = 2.5;
  EXPECT_EQ(refusal(options), "--devices: must be a whole number");
  options.devices = 2;
  EXPECT_EQ(refusal(options).rfind("--batch:", 0), 0u) << refusal(options);
  options = gpt2_on_a_p40();
  options.derates = {"half"};
  EXPECT_NE(refusal(options).find("\"half\" is no derate"), std::string::npos) << refusal(options);
}

TEST(TrainingReport, StatesTheTimeAndWhatItAssumes) {
  std::ostringstream out;
  write_training(out, estimate_training(plan_of(gpt2_on_a_p40())));
  EXPECT_NE(out.str().find("Tesla P40"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("flat"), std::string::npos);
  EXPECT_NE(out.str().find("Assumed"), std::string::npos);
}

}  // namespace
}  // namespace derate
