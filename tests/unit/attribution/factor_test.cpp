// SPDX-License-Identifier: Apache-2.0
// Ratios of stages: known values, products that are exact, intervals that cover, and input that
// allows no figure or no interval.
#include "attribution/factor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "normal_noise.h"

namespace derate {
namespace {

using Values = std::vector<double>;

/// `turns` values about `centre`, each with `noise` of its own and `common` that any series of
/// these turns has.
Values noisy(double centre, double noise, double common, std::uint64_t seed, std::uint64_t round,
             int turns) {
  Values values;
  for (int turn = 0; turn < turns; ++turn) {
    const std::uint64_t place = round * 1000 + static_cast<std::uint64_t>(turn);
    values.push_back(centre * (1 + noise * normal_noise(seed, place)) *
                     (1 + common * normal_noise(99, place)));
  }
  return values;
}

bool has_no_interval(const Estimate& estimate) {
  return std::isnan(estimate.interval.low) && std::isnan(estimate.interval.high) &&
         estimate.interval.confidence == 0;
}

TEST(RatioOfStages, IsTheRatioOfTheMediansOfOneRound) {
  const StagePair pair = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {2, 2, 2, 2, 2, 2, 2, 2, 2}};
  const Estimate ratio = ratio_of_stages(std::vector{pair});
  EXPECT_NEAR(ratio.value, 2.5, 1e-15);
  EXPECT_TRUE(ratio.interval.contains(2.5));
  EXPECT_GE(ratio.interval.low, 0.5);
  EXPECT_LE(ratio.interval.high, 4.5);
  EXPECT_DOUBLE_EQ(ratio.interval.confidence, 0.95);
}

TEST(RatioOfStages, IsTheSameEachTime) {
  const std::vector<StagePair> rounds = {{noisy(1, .02, 0, 1, 0, 20), noisy(2, .02, 0, 2, 0, 20)}};
  EXPECT_EQ(ratio_of_stages(rounds).interval.low, ratio_of_stages(rounds).interval.low);
}

// The logarithms are 0.095310, 0.182322 and 0.262364, their standard deviation 0.083551; t(2) at
// 97.5 % is 4.302653, so that half the width is 4.302653 · 0.083551 / √3 = 0.207553.
TEST(RatioOfStages, TakesStudentsTOfThreeRoundsLogarithms) {
  std::vector<StagePair> rounds;
  for (const double ratio : {1.1, 1.2, 1.3}) rounds.push_back({{ratio}, {1.0}});
  const Estimate ratio = ratio_of_stages(rounds);
  EXPECT_NEAR(ratio.value, std::cbrt(1.1 * 1.2 * 1.3), 1e-12);
  EXPECT_NEAR(std::log(ratio.interval.high / ratio.value), 0.207553, 1e-5);
  EXPECT_NEAR(std::log(ratio.value / ratio.interval.low), 0.207553, 1e-5);
}

TEST(RatioOfStages, HoldsWhatMovesBetweenThreeRoundsNotWithinThem) {
  std::vector<StagePair> rounds;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const double moved = round % 2 == 0 ? 1.0 : 1.2;
    rounds.push_back({noisy(moved, 1e-6, 0, 1, round, 20), noisy(1, 1e-6, 0, 2, round, 20)});
  }
  EXPECT_GT(ratio_of_stages(rounds).interval.relative_half_width(1), 0.05);
}

TEST(RatioOfStages, CancelsWhatMovesBothStagesInATurn) {
  const std::vector<StagePair> together = {
      {noisy(1, .001, .2, 1, 0, 30), noisy(1, .001, .2, 2, 0, 30)}};
  EXPECT_LT(ratio_of_stages(together).interval.relative_half_width(1), 0.01);
}

/// The share of 400 simulated rounds whose interval holds the true ratio.
double coverage_of(int rounds, int turns, double common) {
  int hits = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<StagePair> pairs;
    for (int i = 0; i < rounds; ++i) {
      const auto round = static_cast<std::uint64_t>(trial * rounds + i);
      pairs.push_back(
          {noisy(3, .02, common, 1, round, turns), noisy(2, .02, common, 2, round, turns)});
    }
    if (ratio_of_stages(pairs).interval.contains(1.5)) ++hits;
  }
  return static_cast<double>(hits) / kTrials;
}

TEST(RatioOfStages, CoversTheTrueRatioInAbout95Percent) {
  EXPECT_GT(coverage_of(1, 8, 0), 0.91);
  EXPECT_GT(coverage_of(1, 10, .02), 0.91);
  EXPECT_GT(coverage_of(2, 10, 0), 0.91);
  EXPECT_GT(coverage_of(4, 10, 0), 0.91);
  EXPECT_LT(coverage_of(1, 8, 0), 0.99) << "it is wider than it says";
}

TEST(FigureOfRounds, MultipliesExactly) {
  std::vector<RoundSeries> rounds;
  for (std::uint64_t round = 0; round < 3; ++round) {
    rounds.push_back({noisy(1, .05, 0, 1, round, 12), noisy(2, .05, 0, 2, round, 12),
                      noisy(3, .05, 0, 3, round, 12)});
  }
  const auto part = [&](std::size_t from, std::size_t to) {
    return figure_of_rounds(
               rounds, [=](std::span<const double> medians) { return medians[from] / medians[to]; })
        .value;
  };
  EXPECT_NEAR(part(0, 1) * part(1, 2), part(0, 2), 1e-14);
}

TEST(FigureOfRounds, LeavesOutTurnsThatAStageDoesNotHaveOrKnow) {
  const RoundSeries round = {{1, 1, kUnknown, 1, 1, 1, 1, 1, 1, 50, 50, 50, 50, 50, 50, 50, 50, 50},
                             {1, 1, 70, 1, 1, 1, 1, 1, 1}};
  const Estimate figure =
      figure_of_rounds(std::vector<RoundSeries>{round},
                       [](std::span<const double> medians) { return medians[0] / medians[1]; });
  EXPECT_DOUBLE_EQ(figure.value, 1);
  EXPECT_DOUBLE_EQ(figure.interval.high, 1);
}

TEST(FigureOfRounds, IsUnknownWhereARoundHasNone) {
  const auto first = [](std::span<const double> medians) { return medians[0]; };
  for (const std::vector<RoundSeries>& rounds : {std::vector<RoundSeries>{},
                                                 {{}},
                                                 {{{1, 2}, {}}},
                                                 {{{1}}, {{kUnknown}}},
                                                 {{{-1, -1, -1}}}}) {
    const Estimate figure = figure_of_rounds(rounds, first);
    EXPECT_TRUE(std::isnan(figure.value));
    EXPECT_TRUE(has_no_interval(figure));
  }
}

TEST(FigureOfRounds, HasNoIntervalOfTooFewTurns) {
  const auto first = [](std::span<const double> medians) { return medians[0]; };
  const Estimate seven = figure_of_rounds(std::vector<RoundSeries>{{Values(7, 2.0)}}, first);
  EXPECT_DOUBLE_EQ(seven.value, 2);
  EXPECT_TRUE(has_no_interval(seven));
  const Estimate eight = figure_of_rounds(std::vector<RoundSeries>{{Values(8, 2.0)}}, first);
  EXPECT_FALSE(has_no_interval(eight));
}

TEST(FigureOfRounds, HasNoIntervalWhereNoiseTurnsItsSign) {
  const std::vector<RoundSeries> rounds = {
      {noisy(1, .1, 0, 1, 0, 11), noisy(0.99, .1, 0, 2, 0, 11)}};
  const double larger = median(rounds[0][0]) > median(rounds[0][1]) ? 1 : -1;
  const Estimate difference = figure_of_rounds(
      rounds, [=](std::span<const double> medians) { return larger * (medians[0] - medians[1]); });
  EXPECT_GT(difference.value, 0);
  EXPECT_TRUE(has_no_interval(difference));
}

}  // namespace
}  // namespace derate
