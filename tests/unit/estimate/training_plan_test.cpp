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
  ASSERT_EQ(plan.derates.size(), 1u);
  EXPECT_EQ(plan.derates.front().name, "flat");
  EXPECT_NEAR(plan.peak, 2 * 3840 * 1.531e9, 1e9);  // its data sheet: 12 TFLOP/s in f32
  EXPECT_NEAR(plan.device_memory_bytes, 24e9, 2e9);
  EXPECT_DOUBLE_EQ(training_flops(plan.work), 2 * 3 * 124e6 * 2.5e9);
}

TEST(TrainingPlan, AddsTheDeratesThatAreNamed) {
  TrainOptions options = gpt2_on_a_p40();
  options.derates = {"mfu", "0.4", "mine=0.35..0.5"};
  const TrainingPlan plan = plan_of(options);
  ASSERT_EQ(plan.derates.size(), 4u);
  EXPECT_EQ(plan.derates[3].name, "mine");
  EXPECT_DOUBLE_EQ(plan.derates[3].eta.low, 0.35);
  EXPECT_DOUBLE_EQ(plan.derates[3].eta.high, 0.5);
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
