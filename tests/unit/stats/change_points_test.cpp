// SPDX-License-Identifier: Apache-2.0
// Where a level changed: steps that were put in are found, and noise is not taken for one.
#include "stats/change_points.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <random>

#include "unit/history/history_noise.h"

namespace derate::history {
namespace {

std::vector<std::size_t> starts(const std::vector<double>& values, double alpha = 0.001) {
  ChangePointPlan plan;
  plan.alpha = alpha;
  return find_levels(plan, values).starts;
}

using Starts = std::vector<std::size_t>;

/// The rule of other trackers: the best split's own p-value below 0.001, as if it had not been
/// chosen among many.
/// Of 20,000 series of 30 independent sessions it raised an alarm in 1.3 %, which is in every
/// second run of 50 benchmarks; ours in 0.03 %.
bool simple_rule_alarms(const std::vector<double>& values) {
  const auto size = static_cast<double>(values.size());
  for (std::size_t cut = 3; cut + 3 <= values.size(); ++cut) {
    const auto left = static_cast<double>(cut);
    const double right = size - left;
    std::array<double, 2> means = {0, 0};
    for (std::size_t i = 0; i < values.size(); ++i) {
      means.at(i < cut ? 0 : 1) += values[i] / (i < cut ? left : right);
    }
    double squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      squares += std::pow(values[i] - means.at(i < cut ? 0 : 1), 2);
    }
    const double error = std::sqrt(squares / (size - 2) * (1 / left + 1 / right));
    const boost::math::students_t t(size - 2);
    if (2 * cdf(complement(t, std::abs(means[1] - means[0]) / error)) < 0.001) return true;
  }
  return false;
}

TEST(ChangePoints, AStepIsFoundWhereItIs) {
  Noise noise(1);
  std::vector<double> values = noise.white(40, 0.003);
  for (std::size_t i = 25; i < 40; ++i) values[i] += 0.02;
  EXPECT_EQ(starts(values), (Starts{0, 25}));
}

TEST(ChangePoints, AStepThatWentBackIsFoundAsABlock) {
  Noise noise(2);
  std::vector<double> values = noise.white(60, 0.003);
  for (std::size_t i = 28; i < 33; ++i) values[i] += 0.02;
  EXPECT_EQ(starts(values), (Starts{0, 28, 33}));
}

TEST(ChangePoints, SeveralStepsInBothDirections) {
  Noise noise(3);
  std::vector<double> values = noise.white(60, 0.003);
  for (std::size_t i = 20; i < 60; ++i) values[i] += i < 40 ? 0.03 : 0.012;
  EXPECT_EQ(starts(values), (Starts{0, 20, 40}));
}

TEST(ChangePoints, ASingleSpikeIsNone) {
  for (const std::size_t at : {0U, 1U, 17U, 28U, 29U}) {
    Noise noise(4);
    std::vector<double> values = noise.white(30, 0.003);
    values[at] += 0.2;
    const Levels levels = find_levels({}, values);
    EXPECT_EQ(levels.starts, Starts{0}) << at;
    EXPECT_TRUE(levels.spikes[at]) << at;
    EXPECT_LT(levels.sd, 0.005) << at;  // and it does not hide what is small
  }
}

TEST(ChangePoints, AStepSmallerThanThePlansIsNone) {
  Noise noise(5);
  std::vector<double> values = noise.white(60, 0.0005);
  for (std::size_t i = 30; i < 60; ++i) values[i] += 0.008;
  EXPECT_EQ(starts(values), Starts{0});
}

TEST(ChangePoints, TwoSessionsAreNoLevel) {
  Noise noise(6);
  std::vector<double> values = noise.white(30, 0.002);
  for (std::size_t i = 28; i < 30; ++i) values[i] += 0.02;
  EXPECT_EQ(starts(values), Starts{0});
}

TEST(ChangePoints, ShortAndConstantSeries) {
  EXPECT_EQ(starts({}), Starts{0});
  EXPECT_EQ(starts({1.0}), Starts{0});
  EXPECT_EQ(starts(std::vector<double>(5, 1.0)), Starts{0});
  EXPECT_EQ(starts(std::vector<double>(50, 1.0)), Starts{0});
  std::vector<double> step(50, 1.0);
  for (std::size_t i = 30; i < 50; ++i) step[i] += 0.02;
  EXPECT_EQ(starts(step), (Starts{0, 30}));
}

// The bound holds at 5 % (where 2,000 series can show it) and not only at the plan's 0.1 %: with
// 2,000 series of 5 % at most 100 alarms are expected, and more than 135 come by chance once in
// 5,000 times.
TEST(ChangePoints, NoiseAloneRaisesNoMoreAlarmsThanStated) {
  Noise noise(7);
  int alarms = 0;
  int of_simple_rule = 0;
  for (int series = 0; series < 2000; ++series) {
    const std::vector<double> values = noise.white(30, 0.01);
    ChangePointPlan plan;
    plan.alpha = 0.05;
    plan.smallest = 0;
    alarms += find_levels(plan, values).starts.size() > 1 ? 1 : 0;
    of_simple_rule += simple_rule_alarms(values) ? 1 : 0;
  }
  EXPECT_LE(alarms, 135);
  // A split's own p-value below 0.001 means an alarm in 1 % of such series, ten times what it says.
  EXPECT_GE(of_simple_rule, 10);
}

TEST(ChangePoints, SlowDriftRaisesFewAlarms) {
  Noise noise(8);
  int alarms = 0;
  for (int series = 0; series < 300; ++series) {
    alarms += starts(noise.drifting(60, 0.01, 0.6)).size() > 1 ? 1 : 0;
  }
  EXPECT_LE(alarms, 20);  // judged as if the sessions were independent, it would be 86
}

TEST(ChangePoints, TwoPercentIsFoundAfterThreeSessions) {
  Noise noise(9);
  int found = 0;
  for (int series = 0; series < 500; ++series) {
    std::vector<double> values = noise.white(30, 0.003);
    for (std::size_t i = 27; i < 30; ++i) values[i] += 0.02;
    found += starts(values, 2e-5) == Starts{0, 27} ? 1 : 0;
  }
  EXPECT_GE(found, 450);
}

// Days that resemble each other wander beside a step that is sure: the wandering is pruned,
// although the step stays.
TEST(ChangePoints, ASureStepDoesNotKeepUnsureOnes) {
  Noise noise(11);
  int wandering = 0;
  for (int run = 0; run < 300; ++run) {
    std::vector<double> values = noise.drifting(60, 0.01, 0.6);
    for (std::size_t i = 30; i < 60; ++i) values[i] += 0.3;
    const Starts found = starts(values);
    EXPECT_GE(found.size(), 2U);
    wandering += found.size() > 2;
  }
  EXPECT_LE(wandering, 20);  // with the sure step alone to decide it would be 121
}

TEST(ChangePoints, NeighboursThatResembleEachOther) {
  Noise noise(10);
  EXPECT_NEAR(neighbour_correlation(noise.drifting(5000, 1, 0.6)), 0.6, 0.05);
  EXPECT_LT(neighbour_correlation(noise.white(5000, 1)), 0.05);
  EXPECT_EQ(neighbour_correlation(std::vector<double>(10, 0.0)), 0);
}

}  // namespace
}  // namespace derate::history
