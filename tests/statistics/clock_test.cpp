// SPDX-License-Identifier: Apache-2.0
// What clocks say of a change in time: the code, or the machine.
#include <gtest/gtest.h>

#include <cmath>

#include "statistics/pairs.h"

namespace derate {
namespace {

using test::ratios;
using test::series_of;

Judgement judge_one(const PairSeries& series) { return judge({}, {&series, 1}).at(0); }

/// A change of the time, with clocks whose log ratio has this mean and standard deviation.
PairSeries with_clocks(double time, double clock, double clock_sd = 0.001) {
  PairSeries series = series_of("gemm", time, 0.002);
  const std::vector<double> clocks = ratios(20, clock, clock_sd);
  for (std::size_t i = 0; i < series.confirm.size(); ++i) {
    series.confirm[i].base_hz = 1.7e9;
    // Shifted by one, so that a pair's clock does not follow its time.
    series.confirm[i].candidate_hz = 1.7e9 * std::exp(clocks[(i / 2 + i) % 20]);
  }
  return series;
}

TEST(Clock, ThatStayedLeavesARegression) {
  const Judgement judgement = judge_one(with_clocks(0.03, 0.0));
  EXPECT_EQ(judgement.verdict, Verdict::regression);
  EXPECT_NEAR(judgement.change_cycles.value, std::expm1(0.03), 1e-3);
  EXPECT_NE(judgement.reason.find("in cycles"), std::string::npos);
}

TEST(Clock, ThatFellExplainsASlowdown) {
  const Judgement judgement = judge_one(with_clocks(0.03, -0.03));
  EXPECT_EQ(judgement.verdict, Verdict::environment);
  EXPECT_NEAR(judgement.change_cycles.value, 0, 1e-3);
  EXPECT_NE(judgement.reason.find("the clock changed"), std::string::npos) << judgement.reason;
}

TEST(Clock, ThatRoseExplainsASpeedup) {
  EXPECT_EQ(judge_one(with_clocks(-0.03, 0.03)).verdict, Verdict::environment);
  EXPECT_EQ(judge_one(with_clocks(-0.03, 0.0)).verdict, Verdict::improvement);
  EXPECT_EQ(judge_one(with_clocks(-0.03, -0.03)).verdict, Verdict::improvement);
}

TEST(Clock, ThatRoseDoesNotHideARegression) {
  EXPECT_EQ(judge_one(with_clocks(0.03, 0.03)).verdict, Verdict::regression);
}

// In cycles only 0.5 % are left, yet the clocks are too noisy to say that it was them.
TEST(Clock, TooNoisyToExplainLeavesItOpen) {
  const Judgement judgement = judge_one(with_clocks(0.03, -0.025, 0.06));
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
  EXPECT_NE(judgement.reason.find("does not explain"), std::string::npos) << judgement.reason;
}

// 3 % are left in cycles, but with clocks so noisy that p is far above 0.05.
TEST(Clock, MustLeaveASureChangeInCycles) {
  EXPECT_EQ(judge_one(with_clocks(0.03, 0.0, 0.2)).verdict, Verdict::inconclusive);
}

TEST(Clock, ThatFellALittleLeavesTheRest) {
  EXPECT_EQ(judge_one(with_clocks(0.03, -0.015)).verdict, Verdict::regression);
  EXPECT_EQ(judge_one(with_clocks(0.03, -0.022)).verdict, Verdict::environment);
  // 0.85 % are left, too little to call; a clock that moved by 0.2 % explains too little as well.
  EXPECT_EQ(judge_one(with_clocks(0.0105, -0.002, 0.0005)).verdict, Verdict::inconclusive);
}

TEST(Clock, ThatIsNotKnownThroughoutIsNotUsed) {
  PairSeries series = with_clocks(0.03, -0.03);
  series.confirm[7].base_hz = kUnknown;
  const Judgement judgement = judge_one(series);
  EXPECT_EQ(judgement.verdict, Verdict::regression);
  EXPECT_TRUE(std::isnan(judgement.change_cycles.value));
}

}  // namespace
}  // namespace derate
