// SPDX-License-Identifier: Apache-2.0
// Worked examples, published tables, and seeded simulations of what the intervals promise.
#include "derate/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "derate/operands.h"

namespace derate {
namespace {

using Values = std::vector<double>;

/// 1, 2, ..., n in an order that is not sorted: every rank is its own value.
Values ranks(int n) {
  Values values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  std::rotate(values.begin(), values.begin() + n / 3, values.end());
  std::reverse(values.begin() + n / 2, values.end());
  return values;
}

/// Uniform in (0, 1), the same on every machine.
double uniform(std::uint64_t seed, std::uint64_t index) {
  return 0.5 + 0.4999999 * uniform_element(seed, index);
}

double normal(std::uint64_t seed, std::uint64_t index) {
  return std::sqrt(-2 * std::log(uniform(seed, 2 * index))) *
         std::cos(2 * std::numbers::pi * uniform(seed, 2 * index + 1));
}

TEST(Median, WorkedExamples) {
  EXPECT_TRUE(std::isnan(median(Values{})));
  EXPECT_EQ(median(Values{7}), 7);
  EXPECT_EQ(median(Values{4, 1}), 2.5);
  EXPECT_EQ(median(Values{9, 1, 5}), 5);
  EXPECT_EQ(median(Values{9, 1, 5, 2}), 3.5);
  EXPECT_EQ(median(Values{3, 3, 3, 3}), 3);
  EXPECT_EQ(median(Values{-1, 1e300, -1e300}), -1);
}

TEST(MeanOfKnown, LeavesOutWhatIsNotKnown) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(mean_of_known(Values{1.0, nan, 4.0}), 2.5);
  EXPECT_TRUE(std::isnan(mean_of_known(Values{nan})));
  EXPECT_TRUE(std::isnan(mean_of_known(Values{})));
}

TEST(ScaledMad, WorkedExamples) {
  EXPECT_TRUE(std::isnan(scaled_mad(Values{})));
  EXPECT_EQ(scaled_mad(Values{7}), 0);
  EXPECT_DOUBLE_EQ(scaled_mad(Values{1, 2}), 0.5 * 1.4826);
  EXPECT_DOUBLE_EQ(scaled_mad(Values{5, 1, 4, 2, 3}), 1.4826);
  EXPECT_DOUBLE_EQ(scaled_mad(Values{1, 2, 3, 4, 1000}), 1.4826);  // one outlier moves nothing
  EXPECT_EQ(scaled_mad(Values{2, 2, 2, 2}), 0);
}

TEST(ScaledMad, EstimatesTheStandardDeviationOfNormalData) {
  Values values;
  for (std::uint64_t i = 0; i < 20000; ++i) values.push_back(3 + 0.25 * normal(5, i));
  EXPECT_NEAR(scaled_mad(values), 0.25, 0.25 * 0.03);
}

struct RankRow {
  int n;
  int rank;
  double coverage;
};

// Confidence limits for the median from the binomial distribution with p = 1/2, as tabled in
// textbooks of nonparametric statistics (for example Hollander and Wolfe).
TEST(MedianInterval, RanksAndCoverageOfTheTables) {
  for (const RankRow& row :
       {RankRow{2, 1, 0.5}, RankRow{3, 1, 0.75}, RankRow{4, 1, 0.875}, RankRow{5, 1, 0.9375},
        RankRow{6, 1, 0.96875}, RankRow{7, 1, 0.9844}, RankRow{8, 1, 0.9922}, RankRow{9, 2, 0.9609},
        RankRow{10, 2, 0.9785}, RankRow{11, 2, 0.9883}, RankRow{12, 3, 0.9614},
        RankRow{15, 4, 0.9648}, RankRow{20, 6, 0.9586}, RankRow{25, 8, 0.9567},
        RankRow{50, 18, 0.9672}, RankRow{100, 40, 0.9648}}) {
    const Interval interval = median_interval(ranks(row.n));
    EXPECT_EQ(interval.low, row.rank) << "n = " << row.n;
    EXPECT_EQ(interval.high, row.n + 1 - row.rank) << "n = " << row.n;
    EXPECT_NEAR(interval.confidence, row.coverage, 5e-5) << "n = " << row.n;
  }
}

TEST(MedianInterval, OfThousandsOfValues) {
  // Exact ranks by summing binomial coefficients. The normal law may be one rank too wide, but not
  // too narrow.
  EXPECT_EQ(median_interval(ranks(300)).low, 133);
  EXPECT_EQ(median_interval(ranks(1000)).low, 469);
  EXPECT_NEAR(median_interval(ranks(1000)).confidence, 0.95371, 5e-6);
  for (const RankRow& row :
       {RankRow{1001, 470, 0.95}, RankRow{1500, 712, 0.95}, RankRow{5000, 2431, 0.95}}) {
    const Interval interval = median_interval(ranks(row.n));
    EXPECT_LE(interval.low, row.rank) << "n = " << row.n;
    EXPECT_GE(interval.low, row.rank - 1) << "n = " << row.n;
    EXPECT_EQ(interval.high, row.n + 1 - interval.low) << "n = " << row.n;
    EXPECT_EQ(interval.confidence, 0.95);
  }
}

TEST(MedianInterval, OtherConfidence) {
  const Interval interval = median_interval(ranks(20), 0.99);
  EXPECT_EQ(interval.low, 4);
  EXPECT_EQ(interval.high, 17);
  EXPECT_NEAR(interval.confidence, 0.9974, 5e-5);
}

TEST(MedianInterval, NothingAndOne) {
  const Interval none = median_interval(Values{});
  EXPECT_TRUE(std::isnan(none.low) && std::isnan(none.high));
  EXPECT_EQ(none.confidence, 0);
  const Interval one = median_interval(Values{7});
  EXPECT_EQ(one.low, 7);
  EXPECT_EQ(one.high, 7);
  EXPECT_EQ(one.confidence, 0);
}

TEST(MedianInterval, CoversTheTrueMedianAsOftenAsItSays) {
  constexpr int kTrials = 4000;
  for (const int n : {6, 10, 20, 35}) {
    int covered = 0;
    double promised = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      Values values;  // exponential: skewed, like times
      for (int i = 0; i < n; ++i) {
        values.push_back(-std::log(
            uniform(static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(trial * n + i))));
      }
      const Interval interval = median_interval(values);
      covered += interval.contains(std::numbers::ln2) ? 1 : 0;
      promised = interval.confidence;
    }
    const double deviation = std::sqrt(promised * (1 - promised) / kTrials);
    EXPECT_NEAR(covered / double{kTrials}, promised, 4 * deviation) << "n = " << n;
  }
}

TEST(CombineRounds, NoRoundsSayNothing) {
  const Estimate none = combine_rounds(Values{}, {});
  EXPECT_TRUE(std::isnan(none.value) && std::isnan(none.interval.low));
  EXPECT_EQ(none.interval.confidence, 0);
}

TEST(CombineRounds, OneOrTwoRoundsHaveTheHullOfTheirIntervals) {
  const std::vector<Interval> within = {{9, 11, 0.9375}, {10, 14, 0.97}};
  const Estimate one = combine_rounds(Values{10}, std::span(within).first(1));
  EXPECT_EQ(one.value, 10);
  EXPECT_EQ(one.interval.low, 9);
  EXPECT_EQ(one.interval.high, 11);
  EXPECT_EQ(one.interval.confidence, 0.9375);
  const Estimate two = combine_rounds(Values{10, 12}, within);
  EXPECT_EQ(two.value, 11);
  EXPECT_EQ(two.interval.low, 9);
  EXPECT_EQ(two.interval.high, 14);
}

TEST(CombineRounds, ThreeAndFiveRoundsHaveStudentsTOfTheLogarithms) {
  // Logarithms -0.1, 0, 0.1: mean 0, variance 0.01; t(2 degrees, 97.5 %) = 4.302653.
  const std::vector<Interval> narrow(5, {1, 1, 0.95});
  const Estimate three =
      combine_rounds(Values{std::exp(0.1), std::exp(-0.1), 1}, std::span(narrow).first(3));
  EXPECT_DOUBLE_EQ(three.value, 1);
  EXPECT_NEAR(std::log(three.interval.low), -4.302653 * std::sqrt(0.01 * 4 / 3), 1e-6);
  EXPECT_NEAR(std::log(three.interval.high), 4.302653 * std::sqrt(0.01 * 4 / 3), 1e-6);
  EXPECT_EQ(three.interval.confidence, 0.95);
  // Logarithms -0.2 ... 0.2: variance 0.025; t(4 degrees, 97.5 %) = 2.776445.
  Values five;
  for (const double log : {0.2, -0.1, 0.0, 0.1, -0.2}) five.push_back(std::exp(log));
  const Estimate of_five = combine_rounds(five, narrow);
  EXPECT_NEAR(std::log(of_five.interval.high), 2.776445 * std::sqrt(0.025 * 6 / 5), 1e-6);
}

TEST(CombineRounds, ContainsItsValueEvenWhenSkewed) {
  Values values(11, 1.0);  // the mean of the logarithms is far from their median, 0
  values.resize(21, 2.0);
  const Estimate estimate = combine_rounds(values, {});
  EXPECT_EQ(estimate.value, 1);
  EXPECT_TRUE(estimate.interval.contains(1));
}

TEST(CombineRounds, CoversAFurtherRoundInNinetyFivePercent) {
  constexpr int kTrials = 4000;
  for (const std::uint64_t rounds : {3u, 5u, 8u}) {
    int covered = 0;
    for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
      Values values;
      for (std::uint64_t i = 0; i <= rounds; ++i) {
        values.push_back(100 * std::exp(0.02 * normal(rounds, trial * (rounds + 1) + i)));
      }
      const double further = values.back();
      values.pop_back();
      covered += combine_rounds(values, {}).interval.contains(further) ? 1 : 0;
    }
    const double deviation = std::sqrt(0.95 * 0.05 / kTrials);
    EXPECT_NEAR(covered / double{kTrials}, 0.95, 4 * deviation) << rounds << " rounds";
  }
}

TEST(Intervals, ContainTheirValueAndScaleWithIt) {
  for (std::uint64_t n = 1; n < 40; ++n) {
    Values values;
    Values scaled;
    for (std::uint64_t i = 0; i < n; ++i) {
      values.push_back(1 + uniform(n, i));
      scaled.push_back(1024 * values.back());  // a power of two: exact
    }
    const Interval interval = median_interval(values);
    EXPECT_TRUE(interval.contains(median(values))) << n;
    EXPECT_EQ(median_interval(scaled).low, 1024 * interval.low) << n;
    EXPECT_EQ(median_interval(scaled).high, 1024 * interval.high) << n;
    const std::vector<Interval> within(n, interval);
    const Estimate estimate = combine_rounds(values, within);
    if (n >= 3) {
      const Estimate large = combine_rounds(scaled, {});
      EXPECT_TRUE(estimate.interval.contains(estimate.value)) << n;
      EXPECT_NEAR(large.interval.low / estimate.interval.low, 1024, 1e-9) << n;
      EXPECT_NEAR(large.interval.high / estimate.interval.high, 1024, 1e-9) << n;
    }
  }
}

TEST(Intervals, RelativeHalfWidth) {
  EXPECT_DOUBLE_EQ((Interval{9, 11, 0.95}.relative_half_width(10)), 0.1);
  EXPECT_EQ((Interval{5, 5, 0.95}.relative_half_width(5)), 0);
}

}  // namespace
}  // namespace derate
