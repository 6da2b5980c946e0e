// SPDX-License-Identifier: Apache-2.0
// What derate noise promises is there: by an upper limit of the spread, and by the suspects that
// all rows imply.
#include "regression/run/noise_report.h"

#include <gtest/gtest.h>

#include "statistics/noise_runs.h"

namespace derate::test {
namespace {

// With the spread itself in the place of its limit half of the rows were promised too much.
TEST(NoisePromise, IsKeptInMoreThan985RowsOfAThousand) {
  for (const double pair_sd : {0.0075, 0.010, 0.015}) {
    for (const int pairs : {12, 20}) {
      const Promises said = promises(pair_sd, pairs, 12, 20261202);
      EXPECT_GE(said.kept.value(), 0.985) << pair_sd << ' ' << pairs << ' ' << said.kept.hits;
    }
  }
}

TEST(NoisePromise, IsMadeWhereTheMachineIsQuiet) {
  EXPECT_GE(promises(0.004, 20, 6, 20261203).of_promise.value(), 0.97);
  EXPECT_LE(promises(0.015, 20, 6, 20261204).of_promise.value(), 0.01);
}

TEST(NoisePromise, CountsTheSuspectsOfAllRows) {
  Rng rng(20261205);
  EXPECT_EQ(noise_run({0.001, 0.001, 0.001}, 20, rng).suspects,
            2);  // the slow one and a few per cent
  // Of 50 noisy ones a quarter leans towards a slowdown, besides the slow one itself.
  const NoiseReport noisy = noise_run(std::vector<double>(50, 0.03), 20, rng);
  EXPECT_GE(noisy.suspects, 13);
  EXPECT_LE(noisy.suspects, 14);
  EXPECT_NEAR(noisy.confirmed_share, 1, 0.02);
  const NoiseReport one = noise_run({0.03}, 20, rng);
  EXPECT_LE(one.suspects, 2);
}

TEST(NoisePromise, IsLessAmongNoisyBenchmarks) {
  const auto first = [](std::vector<double> pair_sds) {
    Rng rng(20261206);  // the first row has the same pairs each time
    return noise_run(pair_sds, 20, rng).rows.front();
  };
  std::vector<double> many(50, 0.03);
  many.front() = 0.010;
  const NoiseRow alone = first({0.010});
  EXPECT_EQ(first(many).pair_sd, alone.pair_sd);
  EXPECT_GT(first(many).detectable, 1.02 * alone.detectable);
  EXPECT_GT(first(many).pairs_needed, alone.pairs_needed);
}

TEST(NoisePromise, NamesTheLongestTimeWhereItDiffersInWholeSeconds) {
  NoiseReport report;
  report.rows.emplace_back().detectable = 0.012;
  report.confirmed_share = 0.25;
  report.process_s = 0.1;  // 8 + 5 pairs of two processes, or 8 + 20
  EXPECT_TRUE(report.conclusion().ends_with("in 3 s, and 6 s where all are suspect."))
      << report.conclusion();
  report.process_s = 0.025;
  EXPECT_TRUE(report.conclusion().ends_with("of 99 %, in 1 s.")) << report.conclusion();
}

// The odds of stage 1 against stage 1 itself, whose trimmed mean is a little noisier than a mean.
TEST(ScreenOdds, AreThoseOfSimulatedScreens) {
  const GatePlan plan;
  std::normal_distribution<double> normal;
  Rng rng(20261207);
  for (const double pair_sd : {0.004, 0.008, 0.012, 0.03}) {
    Share confirmed;
    Share slower;
    for (int i = 0; i < 20000; ++i) {
      std::vector<double> ratios(static_cast<std::size_t>(plan.screen_pairs));
      for (double& ratio : ratios) ratio = pair_sd * normal(rng);
      PairSeries series;
      series.screen = pairs_of(ratios);
      const bool goes_on = !to_confirm(plan, {&series, 1}).empty();
      confirmed.count(goes_on);
      slower.count(goes_on && paired_test(ratios).p_above() < 0.25);
    }
    const ScreenOdds odds = screen_odds(plan, pair_sd);
    EXPECT_NEAR(odds.confirmed, confirmed.value(), 0.04) << pair_sd;
    EXPECT_NEAR(odds.slower, slower.value(), 0.02) << pair_sd;
  }
  EXPECT_EQ(screen_odds(plan, 0).confirmed, 0);
}

}  // namespace
}  // namespace derate::test
