// SPDX-License-Identifier: Apache-2.0
// Verdicts of hand-made series, each at one rule of the gate.
#include <gtest/gtest.h>

#include "gate/pairs.h"

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
}

TEST(ToConfirm, TakesWhatMovedAndWhatIsUnclear) {
  std::vector<PairSeries> series{series_of("quiet", 0.0, 0.002), series_of("slow", 0.02, 0.002),
                                 series_of("fast", -0.02, 0.002), series_of("noisy", 0.0, 0.03)};
  EXPECT_EQ(to_confirm({}, series), (std::vector<std::size_t>{1, 2, 3}));
}

}  // namespace
}  // namespace derate
