// SPDX-License-Identifier: Apache-2.0
// Verdicts of hand-made series, each at one rule of the gate.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "statistics/pairs.h"

namespace derate {
namespace {

using test::pairs_of;
using test::ratios;
using test::series_of;

Judgement judge_one(const PairSeries& series, const GatePlan& plan = {}) {
  return judge(plan, {&series, 1}).at(0);
}

TEST(Judge, SlowerIsARegression) {
  const Judgement judgement = judge_one(series_of("gemm", 0.02, 0.005));
  EXPECT_EQ(judgement.verdict, Verdict::regression) << judgement.reason;
  EXPECT_NEAR(judgement.change.value, std::expm1(0.02), 1e-12);
  EXPECT_TRUE(judgement.confirmed);
  EXPECT_EQ(judgement.pairs, 20);
}

TEST(Judge, FasterIsAnImprovement) {
  EXPECT_EQ(judge_one(series_of("gemm", -0.02, 0.005)).verdict, Verdict::improvement);
}

TEST(Judge, NothingIsUnchanged) {
  EXPECT_EQ(judge_one(series_of("gemm", 0.001, 0.005)).verdict, Verdict::unchanged);
}

TEST(Judge, NoiseIsInconclusive) {
  const Judgement judgement = judge_one(series_of("gemm", 0.005, 0.03));
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
  EXPECT_GT(judgement.detectable, 0.02);
  EXPECT_NE(judgement.reason.find("neither shown to lie within ±1 %"), std::string::npos)
      << judgement.reason;
  EXPECT_NE(judgement.reason.find("would have been found"), std::string::npos);
}

TEST(Judge, ASmallChangeIsNoRegressionHoweverSure) {
  EXPECT_EQ(judge_one(series_of("gemm", 0.008, 0.0005)).verdict, Verdict::unchanged);
  EXPECT_EQ(judge_one(series_of("gemm", -0.008, 0.0005)).verdict, Verdict::unchanged);
  const Judgement between = judge_one(series_of("gemm", 0.0098, 0.0005));
  EXPECT_EQ(between.verdict, Verdict::inconclusive);
  EXPECT_NE(between.reason.find("a change, but neither"), std::string::npos) << between.reason;
  EXPECT_EQ(judge_one(series_of("gemm", 0.0101, 0.0005)).verdict, Verdict::regression);
  EXPECT_EQ(judge_one(series_of("gemm", -0.0102, 0.0005)).verdict, Verdict::improvement);
}

// 0.7 % ± 0.4 %: surely not 1 % less, but maybe 1 % more; and the same the other way.
TEST(Judge, UnchangedMustHoldOnBothSides) {
  GatePlan plan;
  plan.promise = 0.0105;  // which this spread does not allow
  EXPECT_EQ(judge_one(series_of("gemm", 0.007, 0.008), plan).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge_one(series_of("gemm", -0.007, 0.008), plan).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge_one(series_of("gemm", 0.003, 0.008), plan).verdict, Verdict::unchanged);
  EXPECT_EQ(judge_one(series_of("gemm", -0.003, 0.008), plan).verdict, Verdict::unchanged);
}

// 0.7 % ± 0.4 % lies below 2 %, which would have been found.
TEST(Judge, WhatLiesBelowThePromisedEffectIsUnchanged) {
  const Judgement judgement = judge_one(series_of("gemm", 0.007, 0.008));
  EXPECT_EQ(judgement.verdict, Verdict::unchanged) << judgement.reason;
  EXPECT_NE(judgement.reason.find("lies below 2 %"), std::string::npos) << judgement.reason;
  EXPECT_EQ(judge_one(series_of("gemm", -0.007, 0.008)).verdict, Verdict::unchanged);
  GatePlan plan;
  plan.promise = 0.016;  // would have been found too
  EXPECT_EQ(judge_one(series_of("gemm", 0.0065, 0.008), plan).verdict, Verdict::unchanged);
  plan.smallest_effect = 0.015;
  plan.equivalence_margin = 0.005;
  EXPECT_EQ(judge_one(series_of("gemm", 0.0145, 0.008), plan).verdict, Verdict::inconclusive);
}

// A slowdown that would have been missed is not ruled out by an interval that misses it too.
TEST(Judge, WhatCouldNotBeFoundIsNotUnchanged) {
  const Judgement judgement = judge_one(series_of("gemm", 0.004, 0.016));
  EXPECT_LT(judgement.change.interval.high, 0.02);
  EXPECT_GT(judgement.detectable, 0.02);
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive) << judgement.reason;
}

// The margin is of the ratio: 0.99 and 1.01, which log(1 ± 0.01) are not quite the same distance
// to.
TEST(Judge, TakesTheMarginFromThePlan) {
  GatePlan plan;
  plan.equivalence_margin = 0.03;
  plan.smallest_effect = 0.03;
  EXPECT_EQ(judge_one(series_of("gemm", 0.02, 0.002), plan).verdict, Verdict::unchanged);
  EXPECT_EQ(judge_one(series_of("gemm", 0.035, 0.002), plan).verdict, Verdict::regression);
}

// p is about 0.0001: enough among ten, not among twenty. The others lean the same way a little.
TEST(Judge, HoldsTheFamilyOfAllThatReachedStageTwo) {
  const auto among = [](int others) {
    std::vector<PairSeries> series{series_of("slow", 0.02, 0.0139)};
    for (int i = 0; i < others; ++i) series.push_back(series_of("quiet", 0.003, 0.002));
    return judge({}, series).at(0);
  };
  EXPECT_NEAR(among(0).p_slower, 1e-4, 0.5e-4);
  EXPECT_EQ(among(4).verdict, Verdict::regression);
  EXPECT_EQ(among(40).verdict, Verdict::inconclusive);
  EXPECT_LT(among(4).detectable, among(40).detectable);
}

TEST(Judge, LeavesOutOfTheFamilyWhatStageOneSettled) {
  std::vector<PairSeries> series{series_of("slow", 0.02, 0.0139)};
  for (int i = 0; i < 40; ++i) {
    series.push_back(series_of("quiet", 0, 0.002));
    series.back().confirm.clear();
  }
  EXPECT_EQ(judge({}, series).at(0).verdict, Verdict::regression);
}

// p is about 0.0004 for both: 2·p is below 0.001, 4·p is not.
TEST(Judge, KeepsSlowerAndFasterInFamiliesOfTheirOwn) {
  const std::vector<PairSeries> series{series_of("slow", 0.02, 0.0165),
                                       series_of("fast", -0.02, 0.0165)};
  const auto judgements = judge({}, series);
  EXPECT_NEAR(judgements[0].p_slower, 4e-4, 1e-4);
  EXPECT_EQ(judgements[0].verdict, Verdict::regression);
  EXPECT_EQ(judgements[1].verdict, Verdict::improvement);
}

// One-sided p is 0.0007: two-sided it would be 0.0014, above the family's 0.001.
TEST(Judge, TestsOneSide) {
  const Judgement judgement = judge_one(series_of("gemm", 0.02, 0.0178));
  EXPECT_NEAR(judgement.p_slower, 7.5e-4, 2e-4);
  EXPECT_EQ(judgement.verdict, Verdict::regression);
}

// Every pair agrees on +2 %, while the pairs lie 30 % apart from each other.
TEST(Judge, TestsPairsNotGroups) {
  PairSeries series;
  for (int i = 0; i < 20; ++i) {
    const double base = 1e-3 * (1 + 0.3 * i);
    series.confirm.push_back({base, base * (i % 2 == 0 ? 1.019 : 1.021), kUnknown, kUnknown});
  }
  series.screen.assign(series.confirm.begin(), series.confirm.begin() + 8);
  EXPECT_EQ(judge_one(series).verdict, Verdict::regression);
}

TEST(Judge, FillsItsFigures) {
  PairSeries series = series_of("gemm", 0.02, 0.005);
  series.confirm.front().base_s = 5e-3;  // an outlier, 25 % faster
  series.confirm.front().candidate_s = 4e-3;
  const Judgement judgement = judge_one(series);
  EXPECT_EQ(judgement.benchmark, "gemm");
  EXPECT_NEAR(judgement.base_s, 1e-3, 1e-9);  // the median, not the mean
  EXPECT_NEAR(judgement.candidate_s, 1.02e-3, 0.01e-3);
  EXPECT_NEAR(judgement.change.value, 0.02, 0.001);
  EXPECT_EQ(judgement.change.interval.confidence, 0.95);
  EXPECT_LT(judgement.change.interval.low, 0.0195);
  EXPECT_GT(judgement.change.interval.high, 0.0205);
  EXPECT_LT(judgement.p_slower, 1e-8);
  EXPECT_NEAR(judgement.pair_sd, 0.0065, 0.001);
  EXPECT_TRUE(std::isnan(judgement.change_cycles.value));
}

// Half-width of the interval by hand: t(0.975, 13) = 2.1604, √(19·20·sd²/20/(16·15)) = 0.0014068.
TEST(Judge, ItsIntervalCoversNinetyFivePercent) {
  const Judgement judgement = judge_one(series_of("gemm", 0.0, 0.005));
  EXPECT_NEAR(std::log1p(judgement.change.interval.high), 2.1604 * 0.0014068, 2e-6);
  EXPECT_NEAR(std::log1p(judgement.change.interval.low), -2.1604 * 0.0014068, 2e-6);
}

TEST(Judge, SaysWhatWouldHaveBeenFoundWithThePairsThereWere) {
  const Judgement few = judge_one(series_of("gemm", 0, 0.01, 10));
  const Judgement many = judge_one(series_of("gemm", 0, 0.01, 40));
  EXPECT_GT(few.detectable, many.detectable * 1.3);
}

TEST(Judge, CannotRaiseAnAlarmWithoutFreshPairs) {
  PairSeries series = series_of("gemm", 0.05, 0.001);
  series.confirm.clear();
  const Judgement judgement = judge_one(series);
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
  EXPECT_NE(judgement.reason.find("no fresh pairs"), std::string::npos) << judgement.reason;
  EXPECT_TRUE(std::isnan(judgement.detectable)) << "whatever it was, it was not found";
  EXPECT_FALSE(judgement.confirmed);
  EXPECT_EQ(judgement.pairs, 8);
  series.screen = pairs_of(ratios(8, 0, 0.001));
  EXPECT_EQ(judge_one(series).verdict, Verdict::unchanged);
  EXPECT_LT(judge_one(series).detectable, 0.02);
}

TEST(Judge, AShortScreenFindsLess) {
  PairSeries series = series_of("gemm", 0, 0.01);
  const double whole = judge_one(series).detectable;
  series.screen = pairs_of(ratios(4, 0, 0.01));
  EXPECT_GT(judge_one(series).detectable, 1.01 * whole);
}

// Noise brought it to stage 2, and there leant the other way before.
TEST(Judge, RaisesNoAlarmAgainstStageOne) {
  PairSeries series = series_of("gemm", 0.05, 0.002);
  series.screen = pairs_of(ratios(8, -0.002, 0.02));
  EXPECT_EQ(judge_one(series).verdict, Verdict::inconclusive);
  EXPECT_NE(judge_one(series).reason.find("run again"), std::string::npos);
  series.screen = pairs_of(ratios(8, 0.05, 0.02));
  EXPECT_EQ(judge_one(series).verdict, Verdict::regression);
  series.confirm = pairs_of(ratios(20, -0.05, 0.002));
  EXPECT_EQ(judge_one(series).verdict, Verdict::inconclusive);
}

TEST(Judge, JudgesByTheFreshPairsAlone) {
  PairSeries series = series_of("gemm", 0, 0.002);
  series.screen = pairs_of(ratios(8, 0.1, 0.002));
  EXPECT_EQ(judge_one(series).verdict, Verdict::unchanged);
}

TEST(Judge, ATimeThatIsNoneIsInvalid) {
  for (const double bad : {0.0, -1.0, kUnknown, std::numeric_limits<double>::infinity()}) {
    PairSeries series = series_of("gemm", 0, 0.002);
    series.confirm[3].candidate_s = bad;
    EXPECT_EQ(judge_one(series).verdict, Verdict::invalid) << bad;
    series = series_of("gemm", 0, 0.002);
    series.screen[3].base_s = bad;
    EXPECT_EQ(judge_one(series).verdict, Verdict::invalid) << bad;
    EXPECT_TRUE(to_confirm({}, {&series, 1}).empty());
  }
  EXPECT_EQ(judge_one({}).verdict, Verdict::invalid);
  EXPECT_TRUE(judge({}, {}).empty());
}

TEST(Judge, FewPairsAreInconclusive) {
  for (const int pairs : {1, 2}) {
    const Judgement judgement = judge_one(series_of("gemm", 0.5, 0.001, pairs));
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_NE(judgement.reason.find("too few"), std::string::npos) << judgement.reason;
    EXPECT_TRUE(std::isnan(judgement.detectable));
  }
}

TEST(Judge, TimesWithoutAnyVariance) {
  EXPECT_EQ(judge_one(series_of("gemm", 0, 0)).verdict, Verdict::unchanged);
  EXPECT_EQ(judge_one(series_of("gemm", 0.05, 0)).verdict, Verdict::regression);
  PairSeries same = series_of("gemm", 0, 0);
  for (TimePair& pair : same.confirm) pair.candidate_s = pair.base_s;
  EXPECT_EQ(judge_one(same).verdict, Verdict::unchanged);
  EXPECT_EQ(judge_one(same).detectable, GatePlan().smallest_effect);
}

TEST(Judge, TheSameCodeIsNeverARegression) {
  PairSeries series = series_of("gemm", 0.05, 0.002);
  series.same_code = true;
  const Judgement judgement = judge_one(series);
  EXPECT_EQ(judgement.verdict, Verdict::environment);
  EXPECT_TRUE(judgement.same_code);
  EXPECT_NE(judgement.reason.find("both sides ran the same machine code"), std::string::npos);
  for (auto* stage : {&series.screen, &series.confirm}) {
    for (TimePair& pair : *stage) std::swap(pair.base_s, pair.candidate_s);
  }
  EXPECT_EQ(judge_one(series).verdict, Verdict::environment);
  series = series_of("gemm", 0.0, 0.002);
  series.same_code = true;
  EXPECT_EQ(judge_one(series).verdict, Verdict::unchanged);
}

TEST(ToConfirm, TakesWhatMovedAndWhatIsUnclear) {
  std::vector<PairSeries> series{series_of("quiet", 0.0, 0.002), series_of("slow", 0.02, 0.002),
                                 series_of("fast", -0.02, 0.002), series_of("noisy", 0.0, 0.03)};
  EXPECT_EQ(to_confirm({}, series), (std::vector<std::size_t>{1, 2, 3}));
}

// Well within the margin, yet surely moved: a suspect, but not where the code is the same.
TEST(ToConfirm, TakesASmallMoveUnlessTheCodeIsTheSame) {
  for (const double mean : {0.003, -0.003}) {
    PairSeries series = series_of("gemm", mean, 0.001);
    EXPECT_EQ(to_confirm({}, {&series, 1}).size(), 1U);
    series.same_code = true;
    EXPECT_TRUE(to_confirm({}, {&series, 1}).empty());
  }
  PairSeries noisy = series_of("gemm", 0, 0.03);
  noisy.same_code = true;
  EXPECT_EQ(to_confirm({}, {&noisy, 1}).size(), 1U);
}

// t = 1.6 with 4 degrees of freedom: p is 0.092.
TEST(ToConfirm, HasTheScreensLevel) {
  GatePlan plan;
  PairSeries series = series_of("gemm", 0.001, 0.001);
  series.screen = pairs_of(ratios(8, 0.00077, 0.001));
  EXPECT_TRUE(to_confirm(plan, {&series, 1}).empty());
  plan.screen_alpha = 0.15;
  EXPECT_EQ(to_confirm(plan, {&series, 1}).size(), 1U);
}

TEST(ToConfirm, TakesWhatHasTooFewPairsForATest) {
  PairSeries series;
  series.screen = pairs_of(ratios(2, 0, 0.001));
  EXPECT_EQ(to_confirm({}, {&series, 1}).size(), 1U);
}

}  // namespace
}  // namespace derate
