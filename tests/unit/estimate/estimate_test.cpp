// SPDX-License-Identifier: Apache-2.0
// Estimates of trainings and costs against figures worked by hand.
#include "estimate/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "hardware/product.h"
#include "hardware/product_name.h"

namespace derate {
namespace {

void expect_near(const Range& range, double low, double value, double high) {
  EXPECT_NEAR(range.low / low, 1, 1e-9);
  EXPECT_NEAR(range.value / value, 1, 1e-9);
  EXPECT_NEAR(range.high / high, 1, 1e-9);
}

/// The founding example: GPT-2 of 124 M parameters on 2.5 G tokens, on a Tesla P40.
TrainingPlan p40() {
  TrainingPlan plan;
  plan.peak = peak_of_product(product_named("Tesla P40"), Precision::f32);
  plan.work.parameters = 124e6;
  plan.work.samples = 2.5e9;
  plan.derates = {*named_derate("flat")};
  plan.device_memory_bytes = 24.0 * (1 << 30);
  return plan;
}

TEST(TrainingFlops, IsTheProductOfItsFive) {
  // 2 x 3 x 124e6 x 2.5e9 x 1
  EXPECT_DOUBLE_EQ(training_flops(p40().work), 1.86e18);
  EXPECT_DOUBLE_EQ(training_flops({3, 4, 10, 100, 5}), 60000);
  EXPECT_TRUE(std::isnan(training_flops({})));
}

TEST(TrainingFlops, GPT2OfTheCookbook) {
  // EleutherAI's calculator gives 2.1e20 FLOP for 124 M parameters and 300 G tokens, attention
  // included; 6·P·S alone is 2.232e20.
  EXPECT_NEAR(training_flops({.parameters = 124e6, .samples = 300e9}), 2.232e20, 1e15);
}

TEST(TrainingFlops, TwentyTokensForEachParameter) { EXPECT_DOUBLE_EQ(tokens_for(7e9, 20), 1.4e11); }

TEST(EstimateTraining, P40WorkedByHand) {
  const TrainingEstimate estimate = estimate_training(p40());
  EXPECT_DOUBLE_EQ(estimate.plan.peak, 1.175808e13);  // 2 x 3840 x 1.531e9
  ASSERT_EQ(estimate.lines.size(), 2u);
  EXPECT_NEAR(estimate.lines[0].compute_s.value, 158189.09, 0.01);  // 1.86e18 / 1.175808e13
  expect_near(estimate.lines[1].flop_per_s, 8.81856e12, 9.406464e12, 9.994368e12);
  expect_near(estimate.lines[1].compute_s, 1.86e18 / 9.994368e12, 1.86e18 / 9.406464e12,
              1.86e18 / 8.81856e12);
}

TEST(EstimateTraining, MeasuredRatesKeepTheirIntervalAndNeedNoPeak) {
  TrainingPlan plan = p40();
  plan.peak = std::nan("");
  plan.derates = {{"measured", exactly(std::nan("")), "", Range{9e12, 1e13, 1.1e13}}};
  const TrainingEstimate estimate = estimate_training(plan);
  EXPECT_TRUE(std::isnan(estimate.lines[0].compute_s.value));
  expect_near(estimate.lines[1].compute_s, 1.86e18 / 1.1e13, 1.86e5, 1.86e18 / 9e12);
}

TEST(EstimateTraining, DevicesShareTheWorkAndExchangeGradients) {
  TrainingPlan plan = p40();
  plan.devices = 4;
  plan.batch = 0.5e6;
  plan.link = Link{{8e9, 10e9, 12.5e9}, 1e-5};
  const TrainingEstimate estimate = estimate_training(plan);
  EXPECT_EQ(estimate.steps, 5000);
  // 2·3 x 10 µs + 2·3/4 x 496e6 B / 10e9 B/s = 60 µs + 74.4 ms
  expect_near(estimate.all_reduce_s, 60e-6 + 1.5 * 496e6 / 12.5e9, 0.07446,
              60e-6 + 1.5 * 496e6 / 8e9);
  EXPECT_NEAR(estimate.communication_s.value, 372.3, 1e-6);
  const TrainingLine& line = estimate.lines[0];
  EXPECT_NEAR(line.compute_s.value, 158189.09 / 4, 0.01);
  EXPECT_DOUBLE_EQ(line.total_s.low, line.compute_s.low);  // hidden behind compute
  EXPECT_DOUBLE_EQ(line.total_s.value, line.compute_s.value + estimate.communication_s.value);
  EXPECT_DOUBLE_EQ(line.total_s.high, line.compute_s.high + estimate.communication_s.high);
}

TEST(AllReduce, OfOneDeviceIsNothingAndOfMostCommunicationCannotHide) {
  EXPECT_EQ(all_reduce_s(1e9, 1, Link{exactly(1e9), 1}).value, 0);
  EXPECT_DOUBLE_EQ(all_reduce_s(1e9, 2, Link{exactly(1e9), 0}).value, 1);
  EXPECT_DOUBLE_EQ(all_reduce_s(0, 3, Link{exactly(1e9), 0.5}).value, 2);
  TrainingPlan plan = p40();
  plan.devices = 2;
  plan.batch = 2;
  plan.link = Link{exactly(1e9), 0};
  const TrainingEstimate slow = estimate_training(plan);
  EXPECT_EQ(slow.lines[0].total_s.low, slow.communication_s.low);
}

TEST(MemoryNeed, OfAdamInF32AndInBf16) {
  const MemoryNeed f32 = memory_need(1e9, Precision::f32, Optimizer::adam, {});
  EXPECT_EQ(f32.weights, 4e9);
  EXPECT_EQ(f32.gradients, 4e9);
  EXPECT_EQ(f32.optimizer, 8e9);
  EXPECT_EQ(f32.total(), 16e9);
  // Two bytes, two bytes, two moments and a copy of the weights in f32: 16 bytes as well.
  const MemoryNeed bf16 = memory_need(1e9, Precision::bf16, Optimizer::adam, {});
  EXPECT_EQ(bf16.weights, 2e9);
  EXPECT_EQ(bf16.gradients, 2e9);
  EXPECT_EQ(bf16.optimizer, 12e9);
  EXPECT_EQ(memory_need(1e9, Precision::fp8, Optimizer::adam, {}).gradients, 2e9);
  EXPECT_EQ(memory_need(1e9, Precision::f64, Optimizer::momentum, {}).optimizer, 8e9);
}

TEST(MemoryNeed, OfSgdIsLessAndSamplesCount) {
  const MemoryNeed sgd = memory_need(1e9, Precision::f32, Optimizer::sgd, {8, 1e6, 1e3});
  EXPECT_EQ(sgd.optimizer, 0);
  EXPECT_EQ(sgd.activations, 8e6);
  EXPECT_EQ(sgd.input, 8e3);
  EXPECT_EQ(sgd.total(), 8e9 + 8e6 + 8e3);
  EXPECT_EQ(memory_need(1e9, Precision::f32, Optimizer::momentum, {}).optimizer, 4e9);
}

TEST(MemoryNeed, FitsOrDoesNot) {
  TrainingPlan plan = p40();
  EXPECT_EQ(estimate_training(plan).fits, true);  // 2 GB of 25.8
  plan.work.parameters = 2e9;                     // 32 GB
  EXPECT_EQ(estimate_training(plan).fits, false);
  plan.device_memory_bytes = 32e9;
  EXPECT_EQ(estimate_training(plan).fits, true);  // to the last byte
  plan.device_memory_bytes = std::nan("");
  EXPECT_FALSE(estimate_training(plan).fits.has_value());
}

TEST(Training, APlanThatDoesNotFitHasNoTimes) {
  TrainingPlan plan;
  plan.peak = 1e12;
  plan.device_memory_bytes = 32e9;
  plan.work.parameters = 3e9;  // 48 GB
  plan.work.samples = 1e9;
  EXPECT_TRUE(estimate_training(plan).lines.empty());
  plan.devices = 4;
  EXPECT_EQ(estimate_training(plan).fits, false) << "each device holds all";
  plan.sharding = Sharding::optimizer;
  EXPECT_EQ(estimate_training(plan).memory.total(), 3e9 * (8 + 8.0 / 4));
  plan.sharding = Sharding::gradients;
  EXPECT_EQ(estimate_training(plan).memory.total(), 3e9 * (4 + 12.0 / 4));
  plan.sharding = Sharding::weights;
  EXPECT_EQ(estimate_training(plan).memory.total(), 3e9 * 16 / 4);
  EXPECT_FALSE(estimate_training(plan).lines.empty());
}

TEST(Training, WholeTrainingsHaveCommunicationAndRecomputationInThem) {
  TrainingPlan plan;
  plan.peak = 1e12;
  plan.work = {.parameters = 1e6, .samples = 1e9};
  plan.devices = 8;
  plan.batch = 1e6;
  plan.derates = {*named_derate("mfu")};
  const double plain_s = estimate_training(plan).lines.back().total_s.value;
  EXPECT_DOUBLE_EQ(plain_s, 6e15 / 8 / (0.382 * 1e12));
  plan.work.backward_multiplier = 4;
  plan.link = Link{exactly(1e6), 1e-3};
  EXPECT_DOUBLE_EQ(estimate_training(plan).lines.back().total_s.value, plain_s);
  EXPECT_GT(estimate_training(plan).lines.front().total_s.value, 6e15 / 8 / 1e12 * 4 / 3);
}

Factor factor(const char* precision, const char* mode, double achieved) {
  Factor result{.workload = "gemm",
                .variant = "cublas",
                .provider = "cublas",
                .library = "",
                .precision = precision,
                .size_class = "large",
                .data = "uniform",
                .cache = "cold",
                .bound = "compute"};
  result.mode = mode;
  result.achieved = {achieved, {0.9 * achieved, 1.1 * achieved, 0.95}};
  return result;
}

TEST(TrainingFactor, IsTheFastestLargeProductAndSustainedWhereMeasured) {
  Calibration calibration;
  EXPECT_EQ(training_factor(calibration, "bf16"), nullptr);
  calibration.factors = {factor("bf16", "burst", 5), factor("bf16", "burst", 7),
                         factor("f32", "burst", 9)};
  EXPECT_EQ(training_factor(calibration, "bf16")->achieved.value, 7);
  calibration.factors.push_back(factor("bf16", "sustained", 6));
  EXPECT_EQ(training_factor(calibration, "bf16")->achieved.value, 6);
  EXPECT_EQ(training_factor(calibration, "tf32"), nullptr);
  calibration.factors.push_back(factor("tf32", "burst", 3));
  calibration.factors.back().size_class = "medium";
  EXPECT_EQ(training_factor(calibration, "tf32")->achieved.value, 3) << "no large one stands there";
  for (Factor& each : calibration.factors) each.data = "zeros";
  EXPECT_EQ(training_factor(calibration, "bf16"), nullptr);
}

TEST(LinkFactor, IsTheSlowestBetweenDevicesOrElseThroughTheHost) {
  Calibration calibration;
  EXPECT_EQ(link_factor(calibration), nullptr);
  const auto add = [&](const char* bound, const char* variant, double achieved) {
    Factor way = factor("f32", "burst", achieved);
    way.bound = bound;
    way.variant = variant;
    calibration.factors.push_back(way);
  };
  add("memory", "copy", 1);
  add("link", "pageable_to_host", 5);
  EXPECT_EQ(link_factor(calibration), nullptr);
  add("link", "pinned_to_host", 50);
  add("link", "pinned_to_device", 40);
  EXPECT_EQ(link_factor(calibration)->achieved.value, 40);
  add("link_to_peer", "peer", 300);
  add("link_to_peer", "peer", 200);
  EXPECT_EQ(link_factor(calibration)->achieved.value, 200);
  add("link_to_peer", "out_of_place", 1);
  EXPECT_EQ(link_factor(calibration)->achieved.value, 200) << "another collective";
  calibration.factors.back().workload = "all_reduce";
  calibration.factors.back().size_class = "small";
  EXPECT_EQ(link_factor(calibration)->achieved.value, 200) << "whose messages are small";
  calibration.factors.back().size_class = "large";
  EXPECT_EQ(link_factor(calibration)->achieved.value, 1) << "what trainings do";
}

TEST(Range, OfAnEstimateWithoutAnIntervalIsItsValue) {
  EXPECT_EQ(range_of({5, {4, 6, 0.95}}).low, 4);
  EXPECT_EQ(range_of({5, {std::nan(""), std::nan(""), 0}}).high, 5);
}

TEST(NamedDerate, FlatIsTheRuleOfThumb) {
  EXPECT_EQ(named_derate("flat")->eta.low, 0.75);
  EXPECT_EQ(named_derate("flat")->eta.high, 0.85);
  EXPECT_EQ(named_derate("mfu")->eta.value, 0.382);
  EXPECT_FALSE(named_derate("sharp").has_value());
}

/// Eight devices for 100 h, in round figures.
CostPlan plan() {
  CostPlan plan;
  plan.devices = 8;
  plan.hours = exactly(100);
  plan.price = exactly(10000);
  plan.host_share = exactly(0.5);
  plan.lifetime_years = exactly(5);
  plan.in_use = exactly(0.5);
  plan.device_power_w = exactly(500);
  plan.host_power = exactly(2);
  plan.pue = exactly(1.2);
  plan.kwh_price = exactly(0.1);
  plan.upkeep_per_year = exactly(0.0438);
  return plan;
}

TEST(EstimateCost, WorkedByHand) {
  const CostEstimate cost = estimate_cost(plan());
  EXPECT_DOUBLE_EQ(cost.purchase.value, 8 * 15000.0);
  EXPECT_DOUBLE_EQ(cost.lifetime_hours.value, 21900);             // 5 x 8760 / 2
  EXPECT_NEAR(cost.capital.value, 120000.0 * 100 / 21900, 1e-9);  // 547.95
  EXPECT_NEAR(cost.energy_kwh.value, 960, 1e-9);                  // 8 x 0.5 x 2 x 1.2 kW x 100 h
  EXPECT_NEAR(cost.electricity.value, 96, 1e-9);
  EXPECT_NEAR(cost.upkeep.value, 120, 1e-9);  // 120000 x 0.0438 / 4380 h x 100 h
  EXPECT_NEAR(cost.owning.value, 120000.0 * 100 / 21900 + 96 + 120, 1e-9);
  EXPECT_FALSE(cost.renting || cost.break_even_hours);
}

TEST(EstimateCost, BreaksEvenWhereRentHasPaidForThePurchase) {
  CostPlan with_rent = plan();
  with_rent.rent_per_hour = exactly(2.27);
  const CostEstimate cost = estimate_cost(with_rent);
  EXPECT_NEAR(cost.renting->value, 1816, 1e-9);
  // Running: 1.2 kW x 0.1 + 15000 x 0.0438 / 4380 = 0.12 + 0.15; 15000 / (2.27 - 0.27)
  EXPECT_NEAR(cost.break_even_hours->value, 7500, 1e-6);
  // In that hour both have cost the same.
  with_rent.hours = exactly(7500);
  const CostEstimate at = estimate_cost(with_rent);
  EXPECT_NEAR(at.renting->value, at.purchase.value + at.electricity.value + at.upkeep.value, 1e-6);
}

TEST(EstimateCost, NeverBreaksEvenBelowTheRunningCosts) {
  CostPlan cheap = plan();
  cheap.rent_per_hour = between(0.1, 3);
  const Range hours = *estimate_cost(cheap).break_even_hours;
  EXPECT_NEAR(hours.low, 15000 / (3 - 0.27), 1e-6);
  EXPECT_TRUE(std::isinf(hours.high));
}

TEST(EstimateCost, EachEndIsTheCheapOrTheDearOneOfAll) {
  CostPlan wide = plan();
  wide.price = between(9000, 11000);
  wide.lifetime_years = between(4, 6);
  wide.device_power_w = between(400, 600);
  wide.rent_per_hour = between(2, 3);
  const CostEstimate cost = estimate_cost(wide);
  EXPECT_NEAR(cost.capital.low, 8 * 13500.0 * 100 / (6 * 4380), 1e-9);
  EXPECT_NEAR(cost.capital.high, 8 * 16500.0 * 100 / (4 * 4380), 1e-9);
  EXPECT_NEAR(cost.energy_kwh.low, 768, 1e-9);
  EXPECT_NEAR(cost.energy_kwh.high, 1152, 1e-9);
  EXPECT_LT(cost.break_even_hours->low, cost.break_even_hours->value);
  EXPECT_LT(cost.break_even_hours->value, cost.break_even_hours->high);
  EXPECT_NEAR(cost.break_even_hours->low, 13500 / (3 - 0.096 - 13500 * 0.0438 / 4380), 1e-6);
}

TEST(EstimateJson, UnknownIsNullAndInfinityToo) {
  const auto training = nlohmann::json::parse(to_json(estimate_training(TrainingPlan{})));
  EXPECT_TRUE(training["flops"].is_null());
  EXPECT_TRUE(training["fits"].is_null());
  const auto p40_json = nlohmann::json::parse(to_json(estimate_training(p40())));
  EXPECT_EQ(p40_json["flops"], 1.86e18);
  EXPECT_EQ(p40_json["estimates"][1]["derate"]["low"], 0.75);
  CostPlan cheap = plan();
  cheap.rent_per_hour = exactly(0.1);
  const auto cost = nlohmann::json::parse(to_json(estimate_cost(cheap)));
  EXPECT_TRUE(cost["break_even_hours"]["value"].is_null());
  EXPECT_NEAR(cost["energy_kwh"]["value"].get<double>(), 960, 1e-9);
}

}  // namespace
}  // namespace derate
