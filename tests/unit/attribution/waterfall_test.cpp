// SPDX-License-Identifier: Apache-2.0
// Waterfalls of a simulated device: the factors that were put in come out, multiply exactly, and a
// loss planted in one stage shows in its factor and in no other by more than its interval.
#include "attribution/waterfall.h"

#include <gtest/gtest.h>

#include "attribution/waterfall_report.h"
#include "unit/attribution/simulated_stages.h"

namespace derate::attribution_test {
namespace {

const std::vector<std::string> kOnHost = {"clock",    "waiting for a core", "issue",  "L1 cache",
                                          "L2 cache", "L3 cache",           "memory", "tail",
                                          "launch",   "unexplained"};

double product_of(const Waterfall& waterfall) {
  double product = 1;
  for (const WaterfallStep& step : waterfall.steps) product *= step.factor.value.value;
  return product;
}

std::vector<std::string> names_of(const Waterfall& waterfall) {
  std::vector<std::string> names;
  for (const WaterfallStep& step : waterfall.steps) names.push_back(step.factor.name);
  return names;
}

TEST(Waterfall, FactorsMultiplyExactly) {
  Simulated simulated;
  simulated.padded = 1.1;
  simulated.tail = 0.9;
  simulated.waited = 0.05;
  simulated.noise = 0.03;
  for (const int rounds : {1, 2, 3, 5}) {
    const Waterfall waterfall = simulated.waterfall(rounds);
    EXPECT_EQ(names_of(waterfall), kOnHost);
    EXPECT_NEAR(product_of(waterfall), waterfall.eta.value, 1e-12);
    EXPECT_NEAR(waterfall.steps.back().share_after, waterfall.eta.value, 1e-12);
    double lost = 0;
    for (const WaterfallStep& step : waterfall.steps) lost += step.lost;
    EXPECT_NEAR(1 - lost, waterfall.eta.value, 1e-12);
  }
}

TEST(Waterfall, OnAGpuSharedMemoryStandsForTheCaches) {
  Simulated simulated;
  simulated.backend = "cuda";
  const Waterfall waterfall = simulated.waterfall();
  EXPECT_EQ(names_of(waterfall),
            (std::vector<std::string>{"clock", "waiting for a core", "issue", "shared memory",
                                      "memory", "tail", "launch", "unexplained"}));
  EXPECT_NEAR(product_of(waterfall), waterfall.eta.value, 1e-12);
  EXPECT_NEAR(factor_of(waterfall, "shared memory").value, 0.95, 0.01);
}

TEST(Waterfall, FindsWhatWasPutIn) {
  const Simulated simulated;
  const Waterfall waterfall = simulated.waterfall();
  EXPECT_NEAR(factor_of(waterfall, "clock").value, 1.25, 0.01);
  EXPECT_NEAR(factor_of(waterfall, "issue").value, 0.98, 0.005);
  EXPECT_NEAR(factor_of(waterfall, "L1 cache").value, 0.99, 0.005);
  EXPECT_NEAR(factor_of(waterfall, "L2 cache").value, 0.97, 0.005);
  EXPECT_NEAR(factor_of(waterfall, "L3 cache").value, 0.96, 0.005);
  EXPECT_NEAR(factor_of(waterfall, "memory").value, 0.93, 0.005);
  EXPECT_NEAR(factor_of(waterfall, "tail").value, 1.0, 0.005);
  EXPECT_FALSE(leaves_unexplained(waterfall));
  EXPECT_TRUE(is_known_well(waterfall));
  EXPECT_TRUE(waterfall.notes.empty()) << waterfall.notes.front();
}

double launch_factor(const Simulated& simulated) {
  return 1 - simulated.launch_cycles / simulated.cycles().at(Stage::whole);
}

struct Plant {
  std::string name;
  std::function<void(Simulated&)> change;
  double factor;  ///< the new value ÷ the old
};

class PlantedLoss : public testing::TestWithParam<Plant> {};

TEST_P(PlantedLoss, ShowsInItsFactorAlone) {
  Simulated simulated;
  const Waterfall before = simulated.waterfall(5);
  GetParam().change(simulated);
  const Waterfall after = simulated.waterfall(5);
  for (const std::string& name : kOnHost) {
    const Estimate then = factor_of(before, name);
    const Estimate now = factor_of(after, name);
    // Launches are a smaller part of a slower product.
    const double wanted = name == "launch"
                              ? launch_factor(simulated)
                              : then.value * (name == GetParam().name ? GetParam().factor : 1);
    const double both = (then.interval.high - then.interval.low) / 2 +
                        (now.interval.high - now.interval.low) / 2 + 1e-5;
    EXPECT_NEAR(now.value, wanted, both) << name;
    if (name == GetParam().name) {
      EXPECT_GT(std::abs(now.value - then.value), both) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    EachStage, PlantedLoss,
    testing::Values(Plant{"clock", [](Simulated& s) { s.clock_hz *= 0.9; }, 0.9},
                    Plant{"waiting for a core", [](Simulated& s) { s.waited = 0.1; }, 0.9},
                    // Half as many lanes do not make the peak smaller: they show as slots not used.
                    Plant{"issue", [](Simulated& s) { s.issue *= 0.5; }, 0.5},
                    Plant{"L1 cache", [](Simulated& s) { s.l1 *= 0.95; }, 0.95},
                    Plant{"L2 cache", [](Simulated& s) { s.l2 *= 0.9; }, 0.9},
                    Plant{"L3 cache", [](Simulated& s) { s.l3 *= 0.8; }, 0.8},
                    Plant{"memory", [](Simulated& s) { s.memory *= 0.9; }, 0.9},
                    Plant{"tail", [](Simulated& s) { s.padded = 1.2, s.tail = 1 / 1.2; }, 1 / 1.2},
                    Plant{"unexplained", [](Simulated& s) { s.unexplained = 0.96; }, 0.96}),
    [](const auto& plant) {
      std::string name = plant.param.name;
      std::erase(name, ' ');
      return name;
    });

TEST(Waterfall, LaunchesShowAsLaunches) {
  Simulated simulated;
  simulated.launch_cycles = 2e6;
  const Waterfall waterfall = simulated.waterfall();
  const double net = simulated.cycles().at(Stage::whole) - simulated.launch_cycles;
  EXPECT_NEAR(factor_of(waterfall, "launch").value, net / (net + simulated.launch_cycles), 0.01);
  EXPECT_NEAR(factor_of(waterfall, "issue").value, 0.98, 0.01);
}

TEST(Waterfall, SaysWhatIsUnexplained) {
  Simulated simulated;
  simulated.unexplained = 0.95;
  const Waterfall waterfall = simulated.waterfall();
  EXPECT_TRUE(leaves_unexplained(waterfall));
  ASSERT_FALSE(waterfall.notes.empty());
  EXPECT_NE(waterfall.notes.front().find("unexplained"), std::string::npos);
  simulated.unexplained = 0.995;
  EXPECT_FALSE(leaves_unexplained(simulated.waterfall()));
}

TEST(Waterfall, WithoutAClockTheFirstTwoFactorsAreOne) {
  Simulated simulated;
  simulated.known_clock = false;
  const Waterfall waterfall = simulated.waterfall();
  EXPECT_EQ(waterfall.steps.at(1).factor.name, "clock and issue");
  EXPECT_NEAR(waterfall.steps.at(1).factor.value.value, 1.25 * 0.98, 0.02);
  EXPECT_NEAR(product_of(waterfall), waterfall.eta.value, 1e-12);
  EXPECT_NE(waterfall.notes.front().find("clock was not measured"), std::string::npos);
}

TEST(Waterfall, ATooSmallProductNamesASizeThatWouldDo) {
  Simulated simulated;
  simulated.flops = 2e6;
  simulated.problem = "m:100/n:100/k:100";
  const Waterfall waterfall = simulated.waterfall();
  ASSERT_FALSE(waterfall.notes.empty());
  EXPECT_NE(waterfall.notes.front().find("too small"), std::string::npos);
  EXPECT_NE(waterfall.notes.front().find("384 x 384 x 384"), std::string::npos)
      << waterfall.notes.front();
  simulated.waited = 0.8;       // which a larger product would as well
  simulated.unexplained = 0.2;  // launches of the process that measures the whole alone
  EXPECT_EQ(simulated.waterfall().notes.front(), waterfall.notes.front());
}

TEST(Waterfall, WhatNeverHadItsCoresIsNotTakenApartAndSaysSo) {
  Simulated simulated;
  simulated.waited = 0.97;
  const Waterfall waterfall = simulated.waterfall();
  EXPECT_TRUE(std::isnan(waterfall.eta.value));
  ASSERT_FALSE(waterfall.notes.empty());
  EXPECT_NE(waterfall.notes.front().find("nothing could be taken apart"), std::string::npos);
  for (const std::string& note : waterfall.notes) {
    EXPECT_EQ(note.find("not compared"), std::string::npos) << note;
  }
  const FactorRow row = factor_rows({&waterfall, 1}).back();
  EXPECT_EQ(row.part, "delivered");
  EXPECT_TRUE(row.factor.note.starts_with(waterfall.notes.front())) << row.factor.note;
}

TEST(Waterfall, AMissingStageLeavesItsFactorToTheNext) {
  const Simulated simulated;
  Attribution all;
  simulated.measure(0, all);
  SimulatedSession session(1);
  Attribution attribution;
  for (const auto& [stage, cycles] : simulated.cycles()) {
    if (stage == Stage::l2) continue;
    SimulatedStage instance(cycles, session);
    attribution.add(
        simulated.record(stage, measure(session, instance, {}, [] { return false; }), 0));
  }
  const Waterfall waterfall = attribution.waterfalls().at(0);
  EXPECT_NEAR(factor_of(waterfall, "L2 cache and L3 cache").value, 0.97 * 0.96, 0.01);
  EXPECT_TRUE(std::isnan(waterfall.unexplained.value.value));
  EXPECT_EQ(waterfall.notes.size(), 2U);
}

TEST(Waterfall, ALibraryIsMeasuredAgainstTheOwnCeiling) {
  const Simulated simulated;
  Attribution attribution;
  for (int round = 0; round < 3; ++round) {
    simulated.measure(round, attribution);
    SimulatedSession session(7);
    session.noise = 0.002;
    SimulatedStage library(simulated.cycles().at(Stage::whole_waves) * 1.25, session);
    Record record =
        simulated.record(Stage::whole, measure(session, library, {}, [] { return false; }), round);
    record.stage = record.side_by_side = "";
    record.variant = record.provider = "openblas";
    record.library = "OpenBLAS 0.3.21";
    attribution.add(record);
  }
  const Waterfall waterfall = attribution.waterfalls().at(0);
  ASSERT_EQ(waterfall.libraries.size(), 1U);
  const LibraryLoss& loss = waterfall.libraries.front();
  EXPECT_EQ(loss.steps.back().factor.name, "inside the library");
  EXPECT_NEAR(loss.steps.back().factor.value.value, 0.8, 0.01);
  EXPECT_NEAR(loss.steps.back().share_after, loss.eta.value, 1e-12);
}

TEST(Waterfall, OthersAtOnceStandBeside) {
  const Simulated simulated;
  Attribution attribution;
  for (int round = 0; round < 3; ++round) {
    simulated.measure(round, attribution);
    SimulatedSession session(3);
    session.clock_hz = 0.9 * simulated.clock_hz;
    SimulatedStage whole(simulated.cycles().at(Stage::whole) / 0.95, session);
    Record record =
        simulated.record(Stage::whole, measure(session, whole, {}, [] { return false; }), round);
    record.stage = record.side_by_side = "";
    record.devices_at_once = 8;
    attribution.add(record);
  }
  const Waterfall waterfall = attribution.waterfalls().at(0);
  ASSERT_EQ(waterfall.beside.size(), 2U);
  EXPECT_EQ(waterfall.beside[0].name, "8 at once: clock");
  EXPECT_NEAR(waterfall.beside[0].value.value, 0.9, 0.02);
  EXPECT_NEAR(waterfall.beside[1].value.value, 0.95, 0.02);
}

TEST(Waterfall, NamesTheLargestLosses) {
  Simulated simulated;
  simulated.clock_hz = 2e9;
  simulated.memory = 0.8;
  EXPECT_EQ(largest_losses(simulated.waterfall().steps, 1), "memory 18 %");
}

}  // namespace
}  // namespace derate::attribution_test
