// SPDX-License-Identifier: Apache-2.0
// p-values and powers against figures of SciPy 1.17: Yuen's statistic written out in NumPy with the
// tails of scipy.stats.t, ttest_1samp below eight pairs, ttest_ind with equal_var=False, nct; and
// the whole power by scipy.integrate.quad over the chi distribution.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "regression/gate/power.h"
#include "regression/gate/trimmed_t_test.h"
#include "stats/chi_squared.h"
#include "stats/holm.h"
#include "stats/welch_test.h"

namespace derate {
namespace {

constexpr std::array<double, 8> kSlower{0.012, 0.021, 0.017, 0.009, 0.025, 0.014, 0.019, 0.016};
constexpr std::array<double, 8> kSame{0.002, -0.003, 0.001, 0.004, -0.002, 0.000, 0.003, -0.001};

void expect_relative(double value, double expected, double tolerance = 1e-9) {
  EXPECT_NEAR(value / expected, 1, tolerance) << value << " for " << expected;
}

TEST(PairedTest, IsStudentsBelowEightPairs) {
  const PairedTest test = paired_test(std::span(kSlower).first(5));
  EXPECT_EQ(test.df, 4);
  expect_relative(test.mean, 0.0168);
  expect_relative(test.standard_error, 0.0029051678092667905);
  expect_relative(test.p_above(), 0.002221236097129645);
}

TEST(PairedTest, LeavesOutAnEighthAtEachEnd) {
  const PairedTest test = paired_test(kSlower);
  EXPECT_EQ(test.n, 8);
  EXPECT_EQ(test.df, 4);
  expect_relative(test.mean, 0.0165);
  expect_relative(test.sd, 0.005006662228138291);
  expect_relative(test.p_above(), 0.0003686296528421806);
  expect_relative(test.p_above(0.015), 0.2222495256004312);
  expect_relative(test.p_below(0.03), 0.0007935824491917695);
  expect_relative(test.p_below(), 0.9996313703471578);
}

TEST(PairedTest, HidesNothingBehindOneProcessGoneWrong) {
  std::array<double, 8> one_wrong = kSlower;
  one_wrong[4] = 0.5;  // the largest already
  EXPECT_DOUBLE_EQ(paired_test(one_wrong).p_above(), paired_test(kSlower).p_above());
}

TEST(PairedTest, HasItsInterval) {
  const Interval interval = paired_test(kSlower).interval(0.95);
  expect_relative(interval.low, 0.011585352309389755);
  expect_relative(interval.high, 0.021414647690610245);
}

TEST(PairedTest, TakesTheLargerOfTheTwoSidesForEquivalence) {
  const PairedTest test = paired_test(kSame);
  expect_relative(test.p_within(std::log(0.99), std::log(1.01)), 0.00034961516638044236, 1e-8);
  expect_relative(test.p_above(std::log(0.99)), 0.00022828771829096577, 1e-8);
  expect_relative(paired_test(kSlower).p_within(std::log(0.98), std::log(1.02)), 0.0677468964254695,
                  1e-8);
}

TEST(PairedTest, SaysNothingOfFewerThanThree) {
  for (const std::size_t n : {0, 1, 2}) {
    const PairedTest test = paired_test(std::span(kSlower).first(n));
    EXPECT_TRUE(std::isnan(test.p_above())) << n;
    EXPECT_TRUE(std::isnan(test.p_within(-1, 1))) << n;
    EXPECT_TRUE(std::isnan(test.interval(0.95).low)) << n;
  }
}

TEST(PairedTest, TakesTheLimitWhereNothingVaries) {
  const PairedTest slower = paired_test(std::array{0.02, 0.02, 0.02});
  EXPECT_EQ(slower.p_above(), 0);
  EXPECT_EQ(slower.p_below(), 1);
  EXPECT_EQ(paired_test(std::array{0.0, 0.0, 0.0}).p_above(), 0.5);
}

// By hand: 0.001·5 < 0.01, 0.002·4 < 0.01, 0.004·3 > 0.01, and what follows is kept too.
TEST(Holm, StepsDownUntilTheFirstThatHolds) {
  const std::array p{0.004, 0.001, 0.5, 0.002, 0.0045};
  EXPECT_EQ(holm_rejections(p, 0.01), (std::vector<bool>{false, true, false, true, false}));
}

TEST(Holm, MultipliesByHowManyAreLeft) {
  EXPECT_EQ(holm_rejections(std::array{0.004, 0.006}, 0.01), (std::vector<bool>{true, true}));
  EXPECT_EQ(holm_rejections(std::array{0.0051, 0.006}, 0.01), (std::vector<bool>{false, false}));
}

TEST(Holm, NeedsLessThanItsLevel) {
  EXPECT_FALSE(holm_rejections(std::array{0.25}, 0.25).at(0));
  EXPECT_TRUE(holm_rejections(std::array{0.2499}, 0.25).at(0));
}

// SciPy's chi2.isf, and by it the limit of eight values: 7 - 3 = 4 degrees of freedom.
TEST(ChiSquared, IsSciPys) {
  expect_relative(chi_squared_exceeded(0.99, 8), 1.6464973726907708, 1e-12);
  expect_relative(chi_squared_exceeded(0.05, 3.5), 8.665121760590486, 1e-12);
  const PairedTest test = paired_test(kSame);
  expect_relative(test.sd_at_most(0.99), test.sd * std::sqrt(4 / 0.297109480506532), 1e-12);
  EXPECT_TRUE(std::isnan(paired_test(std::array{0.01, 0.02}).sd_at_most(0.99)));
}

TEST(Holm, CountsAnUnknownPValueAsOne) {
  EXPECT_EQ(holm_rejections(std::array{kUnknown, 0.004}, 0.01), (std::vector<bool>{false, true}));
  EXPECT_EQ(holm_rejections(std::array{kUnknown, 0.006}, 0.01), (std::vector<bool>{false, false}));
}

// With no smallest effect the gate's power is that of two t tests: SciPy's nct.sf(t.isf(0.25, 4),
// 4, ·) times nct.sf(t.isf(0.0008 / K, df), df, ·).
TEST(Power, IsTheNoncentralTDistributions) {
  GatePlan plan;
  plan.smallest_effect = 0;
  plan.equivalence_margin = 0;
  const auto power = [&](int pairs, int suspects, double noncentrality) {
    const double sd = 0.01;
    const double slowdown = std::expm1(noncentrality * sd / std::sqrt(pairs));
    return GatePower(plan, pairs, suspects).at(slowdown, sd);
  };
  EXPECT_NEAR(power(20, 5, 5), 0.5707034181630012, 1e-5);
  EXPECT_NEAR(power(20, 50, 8), 0.8877736398043126, 1e-5);
  EXPECT_NEAR(power(5, 5, 20), 0.9804061007031095, 1e-5);
}

TEST(Power, CountsTheScreenTheMarginAndTheSmallestEffect) {
  const GatePlan plan;
  const GatePower power(plan, plan.confirm_pairs, 5);
  EXPECT_NEAR(power.at(0.02, 0.008), 0.9999949742336021, 1e-7);
  EXPECT_NEAR(power.at(0.02, 0.015), 0.7986055986848434, 1e-5);
  EXPECT_NEAR(power.at(0.012, 0.005), 0.9615846711735048, 1e-5);
  EXPECT_NEAR(power.at(0.03, 0.02), 0.9100663475452953, 1e-5);
}

TEST(Power, DetectableSlowdownIsWhereItReachesThePlans) {
  const GatePlan plan;
  const std::array<std::array<double, 2>, 7> expected{{{0.002, 0.01105132493204774},
                                                       {0.003, 0.01157739770467014},
                                                       {0.005, 0.012630382159038013},
                                                       {0.008, 0.01477192325709659},
                                                       {0.010, 0.01808376482698015},
                                                       {0.015, 0.02723794011960631},
                                                       {0.020, 0.03648113381704085}}};
  for (const auto& [sd, slowdown] : expected) {
    expect_relative(detectable_slowdown(plan, sd), slowdown, 5e-4);
  }
}

TEST(Power, PairsNeededIsTheSmallestNumber) {
  GatePlan plan;
  EXPECT_EQ(pairs_needed(plan, 0.005), 11);
  EXPECT_EQ(pairs_needed(plan, 0.008), 14);
  EXPECT_EQ(pairs_needed(plan, 0.010), 19);
  EXPECT_EQ(pairs_needed(plan, 0.015), 30);
  EXPECT_EQ(pairs_needed(plan, 0.015, 30), 30);
  EXPECT_EQ(pairs_needed(plan, 0.015, 29), 0);
  EXPECT_EQ(pairs_needed(plan, 0.020), 0);  // 8 pairs of stage 1 do not lean surely enough
  plan.screen_pairs = 16;
  EXPECT_GT(pairs_needed(plan, 0.020), 30);
  EXPECT_EQ(pairs_needed(plan, 0.5), 0);
}

TEST(Power, MoreSuspectsHideMore) {
  const GatePlan plan;
  EXPECT_GT(detectable_slowdown(plan, 0.015, 50), detectable_slowdown(plan, 0.015, 1) * 1.05);
}

TEST(Power, OfNothingMeasuredIsUnknown) {
  GatePlan plan;
  EXPECT_TRUE(std::isnan(detectable_slowdown(plan, kUnknown)));
  EXPECT_TRUE(std::isnan(detectable_slowdown(plan, 100.0)));
  EXPECT_EQ(detectable_slowdown(plan, 0), plan.smallest_effect);
  plan.confirm_pairs = 2;
  EXPECT_TRUE(std::isnan(detectable_slowdown(plan, 0.01)));
}

constexpr std::array<double, 5> kBase{1.00, 1.02, 0.99, 1.01, 1.03};
constexpr std::array<double, 4> kCandidate{1.05, 1.04, 1.08, 1.06};

TEST(Unpaired, IsWelchsTest) {
  const UnpairedTest test = unpaired_test(kBase, kCandidate);
  EXPECT_EQ(test.basis, UnpairedBasis::welch);
  expect_relative(test.p_slower, 0.002117971156843571);
  expect_relative(test.p_faster, 0.9978820288431565);
  expect_relative(test.df, 6.475748860196957);
  expect_relative(std::log1p(test.change.interval.low), 0.020307002685955665);
  expect_relative(std::log1p(test.change.interval.high), 0.07160884079049681);
  expect_relative(test.detectable, 0.09962276065673749, 1e-4);
  EXPECT_EQ(test.base_s, 1.01);
  EXPECT_DOUBLE_EQ(test.candidate_s, 1.055);
}

TEST(Unpaired, OfASingleProcessBorrowsTheOthersSpread) {
  const UnpairedTest test = unpaired_test(kBase, std::array{1.05});
  EXPECT_EQ(test.basis, UnpairedBasis::pooled);
  expect_relative(test.p_slower, 0.042851084728982865);
  expect_relative(test.change.interval.low, -0.008643959969581432, 1e-8);
  expect_relative(test.change.interval.high, 0.09041384032490835);
  EXPECT_DOUBLE_EQ(unpaired_test(std::array{1.05}, kBase).p_faster, test.p_slower);
}

TEST(Unpaired, OfOneProcessASideHasNoInterval) {
  const UnpairedTest test = unpaired_test(std::array{1.0}, std::array{1.5});
  EXPECT_EQ(test.basis, UnpairedBasis::none);
  EXPECT_DOUBLE_EQ(test.change.value, 0.5);
  EXPECT_TRUE(std::isnan(test.change.interval.low));
  EXPECT_TRUE(std::isnan(test.p_slower));
  EXPECT_TRUE(std::isnan(test.p_unchanged(0.01)));
  EXPECT_TRUE(std::isnan(test.detectable));
}

TEST(Unpaired, OfOneProcessASideRestsOnAKnownSpread) {
  const UnpairedTest test = unpaired_test(std::array{1.0}, std::array{1.02}, {0.001, 0.99, 0.005});
  EXPECT_EQ(test.basis, UnpairedBasis::known_sd);
  expect_relative(test.p_slower, 0.0025510614797766293);
  expect_relative(test.change.interval.low, 0.005961287224275688);
  expect_relative(test.change.interval.high, 0.03423463031142107);
  expect_relative(test.detectable, 0.03904394402701886, 1e-5);
}

TEST(Unpaired, OfTimesThatAreNoneSaysNothing) {
  for (const double bad : {0.0, -1.0, kUnknown, std::numeric_limits<double>::infinity()}) {
    const UnpairedTest test = unpaired_test(kBase, std::array{1.0, bad, 1.0});
    EXPECT_EQ(test.basis, UnpairedBasis::none);
    EXPECT_TRUE(std::isnan(test.change.value));
    EXPECT_TRUE(std::isnan(test.p_slower));
    EXPECT_TRUE(std::isnan(test.candidate_s));
  }
  EXPECT_EQ(unpaired_test({}, kBase).basis, UnpairedBasis::none);
}

TEST(Unpaired, EqualTimesAreUnchanged) {
  const std::array same{1.0, 1.0, 1.0};
  const UnpairedTest test = unpaired_test(same, same);
  EXPECT_EQ(test.p_slower, 0.5);
  EXPECT_EQ(test.p_unchanged(0.01), 0);
  EXPECT_EQ(test.detectable, 0);
}

}  // namespace
}  // namespace derate
