// SPDX-License-Identifier: Apache-2.0
// Several builds a side: what builds of the same sources differ by is no regression, a slowdown
// beyond it is found, and one process gone wrong decides nothing.
#include "statistics/builds.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace derate {
namespace {

using test::Builds;
using test::Layouts;

/// Pairs of builds with these effects, one for each meeting of the given rounds.
std::vector<TimePair> pairs_of(const std::vector<double>& base,
                               const std::vector<double>& candidate, int pairs) {
  std::vector<TimePair> all;
  const BuildCounts counts{static_cast<int>(base.size()), static_cast<int>(candidate.size())};
  for (const BuildPair& met : meetings(1, 1, pairs, counts)) {
    TimePair pair;
    pair.base_s = std::exp(base[static_cast<std::size_t>(met.base)]);
    pair.candidate_s = std::exp(candidate[static_cast<std::size_t>(met.candidate)]);
    pair.base_build = met.base;
    pair.candidate_build = met.candidate;
    all.push_back(pair);
  }
  return all;
}

// Without noise it is Welch's test of these ten values, whose variances are 0.0025 and 0.00025.
TEST(BuildsTest, IsWelchsTestOfTheBuilds) {
  const std::vector<double> base{0.00, 0.01, 0.02, 0.03, 0.04};
  const std::vector<double> candidate{0.01, 0.03, 0.05, 0.07, 0.09 + 0.05};
  const PairedTest test = time_test(pairs_of(base, candidate, 20));
  EXPECT_EQ(test.n, 20);
  EXPECT_NEAR(test.mean, 0.04, 1e-9);
  const double base_error = 0.00025 / 5;
  const double candidate_error = 0.0025 / 5;
  EXPECT_NEAR(test.standard_error, std::sqrt(base_error + candidate_error), 1e-9);
  EXPECT_NEAR(test.df,
              std::pow(base_error + candidate_error, 2) /
                  (base_error * base_error / 4 + candidate_error * candidate_error / 4),
              1e-6);
}

TEST(BuildsTest, OfOneBuildEachIsThePairedTest) {
  const std::vector<TimePair> pairs = pairs_of({0}, {0.02}, 20);
  EXPECT_EQ(time_test(pairs).df, paired_test(log_time_ratios(pairs)).df);
}

TEST(BuildsTest, TakesOneBuildToVaryAsTheOthersDo) {
  const PairedTest test = time_test(pairs_of({0.00, 0.01, 0.02, 0.03, 0.04}, {0.06}, 20));
  EXPECT_NEAR(test.mean, 0.04, 1e-9);
  EXPECT_EQ(test.df, 4);
  EXPECT_NEAR(test.standard_error, std::sqrt(0.00025 * (1 + 1.0 / 5)), 1e-9);
}

TEST(BuildsTest, SetsAProcessGoneWrongAside) {
  const std::vector<double> base{0.00, 0.01, 0.02, 0.03, 0.04};
  std::vector<TimePair> pairs = pairs_of(base, base, 20);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].base_s *= i % 2 == 0 ? 1.001 : 0.999;
  const double error = time_test(pairs).standard_error;
  pairs[7].candidate_s *= 1.5;
  EXPECT_NEAR(time_test(pairs).mean, 0, 0.001);
  EXPECT_LT(time_test(pairs).standard_error, 1.2 * error);
}

TEST(BuildsTest, NeedsBuildsThatMet) {
  std::vector<TimePair> pairs = pairs_of({0, 0.1}, {0, 0.1}, 8);
  EXPECT_FALSE(std::isnan(time_test(pairs).p_above()));
  std::erase_if(pairs,
                [](const TimePair& pair) { return pair.base_build != pair.candidate_build; });
  EXPECT_TRUE(std::isnan(time_test(pairs).p_above()));
  PairSeries series;
  series.screen = series.confirm = pairs;
  EXPECT_EQ(judge({}, {&series, 1}).at(0).verdict, Verdict::inconclusive);
}

TEST(BuildsTest, SaysHowManyBuildsThereWere) {
  PairSeries series;
  series.screen = pairs_of({0, 0.001, 0.002}, {0.2, 0.201, 0.202, 0.203}, 8);
  series.confirm = pairs_of({0, 0.001, 0.002}, {0.2, 0.201, 0.202, 0.203}, 20);
  const Judgement judgement = judge({}, {&series, 1}).at(0);
  EXPECT_EQ(judgement.verdict, Verdict::regression);
  EXPECT_NE(judgement.reason.find("20 fresh pairs of 4 builds against 3"), std::string::npos)
      << judgement.reason;
}

// Stage 1 chooses by the builds that stage 2 has too, so that what it settled counts as well.
TEST(BuildsTest, SharesTheBoundAmongAllBenchmarks) {
  PairSeries slower;
  const std::vector<double> base{0, 0.01, 0.02, 0.03, 0.04};
  const std::vector<double> candidate{0.06, 0.07, 0.08, 0.09, 0.10};
  slower.screen = pairs_of(base, candidate, 10);
  slower.confirm = pairs_of(base, candidate, 20);
  std::vector<PairSeries> series{slower};
  EXPECT_EQ(judge({}, series).at(0).verdict, Verdict::regression);
  const double alone = judge({}, series).at(0).detectable;
  PairSeries unchanged;
  unchanged.screen = pairs_of({0, 1e-5, 2e-5, 0, 0}, {0, 0, 1e-5, 2e-5, 0}, 10);
  series.resize(50, unchanged);
  const Judgement among_others = judge({}, series).at(0);
  EXPECT_LT(among_others.p_slower, 0.001);
  EXPECT_EQ(among_others.verdict, Verdict::inconclusive);
  EXPECT_GT(among_others.detectable, alone);
  EXPECT_EQ(judge({}, series).at(1).verdict, Verdict::unchanged);
}

TEST(Meetings, AreEven) {
  for (const BuildCounts counts : {BuildCounts{5, 5}, {2, 7}, {4, 6}, {6, 4}, {1, 3}, {1, 1}}) {
    const int larger = std::max(counts.base, counts.candidate);
    const int smaller = std::min(counts.base, counts.candidate);
    std::map<std::pair<int, int>, int> times;
    for (const BuildPair& met : meetings(7, 2, 2 * larger * smaller, counts)) {
      ++times[{met.base, met.candidate}];
    }
    EXPECT_EQ(times.size(), static_cast<std::size_t>(larger * smaller));
    for (const auto& [met, count] : times) EXPECT_EQ(count, 2);
  }
}

TEST(Meetings, RunEachBuildOnceARoundInAnotherOrder) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<BuildPair> met = meetings(seed, 1, 10, {5, 5});
    for (const std::size_t from : {0, 5}) {
      std::vector<int> order;
      std::set<int> candidates;
      for (std::size_t i = from; i < from + 5; ++i) {
        order.push_back(met[i].base);
        candidates.insert(met[i].candidate);
      }
      EXPECT_EQ(candidates.size(), 5U);
      orders.insert(order);
      std::sort(order.begin(), order.end());
      EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
    }
  }
  EXPECT_GT(orders.size(), 30U);
}

TEST(Meetings, ComeInWholeRounds) {
  EXPECT_EQ(whole_rounds(8, {1, 1}), 8);
  EXPECT_EQ(whole_rounds(8, {5, 5}), 10);
  EXPECT_EQ(whole_rounds(20, {5, 3}), 20);
  EXPECT_EQ(whole_rounds(20, {3, 3}), 21);
  EXPECT_EQ(whole_rounds(20, {1, 16}), 32);
}

// Two rounds are enough to tell the builds of both sides apart, whatever their numbers.
TEST(Meetings, OfTwoRoundsCanBeTested) {
  for (int base = 1; base <= 7; ++base) {
    for (int candidate = 1; candidate <= 7; ++candidate) {
      std::vector<double> effects(7);
      const int pairs = whole_rounds(1, {base, candidate});
      const PairedTest test =
          time_test(pairs_of({effects.begin(), effects.begin() + base},
                             {effects.begin(), effects.begin() + candidate}, pairs));
      EXPECT_EQ(std::isnan(test.df), base == 1 && candidate == 1) << base << " " << candidate;
    }
  }
}

TEST(Layout, RaisesNoFalseAlarms) {
  for (const double sd : {0.02, 0.10}) {
    const Builds builds{{5, 5}, sd, sd};
    const test::Tally tally = simulate_alarms(test::scenario("typical"), builds, 250, 20261202);
    EXPECT_LE(tally.false_alarm.low(), 0.001) << tally.false_alarm.hits;
    EXPECT_LE(tally.false_improvement.low(), 0.001) << tally.false_improvement.hits;
  }
}

// The reason for several builds: with one each nearly every gate raises an alarm.
TEST(Layout, OfOneBuildEachReadsAsAChange) {
  const Builds builds{{1, 1}, 0.02, 0.02};
  EXPECT_GT(simulate(test::scenario("typical"), builds, 20, 0, 1).false_alarm.value(), 0.9);
}

TEST(Layout, DoesNotHideALargeStep) {
  const Builds builds{{5, 5}, 0.02, 0.02};
  const test::Tally tally = simulate(test::scenario("typical"), builds, 500, 0.20, 20261203, 10);
  EXPECT_GE(tally.found.low(), 0.95) << tally.found.value();
  EXPECT_EQ(tally.missed_unchanged.hits, 0);
}

TEST(Layout, AllowsWhatIsStatedToBeFound) {
  PairedTest true_spread;
  true_spread.standard_error = 0.02 * std::sqrt(2.0 / 5);
  true_spread.df = 8;
  const double stated = detectable_between_builds({}, true_spread, 50);
  EXPECT_GT(stated, 0.08);
  const Builds builds{{5, 5}, 0.02, 0.02};
  const test::Tally tally = simulate(test::scenario("quiet"), builds, 200, stated, 20261204);
  EXPECT_GE(tally.found.value(), 0.97);
  EXPECT_LT(simulate(test::scenario("quiet"), builds, 50, stated / 2, 1).found.value(), 0.9);
}

}  // namespace
}  // namespace derate
