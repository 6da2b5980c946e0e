// SPDX-License-Identifier: Apache-2.0
// A slow node and a slow link are found as what they are, by simulation of many sweeps; and where
// neither is slow there is hardly ever an alarm.
#include "fleet/pairs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace derate::fleet {
namespace {

std::vector<std::string> numbered_nodes(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("n" + std::to_string(i + 1));
  return names;
}

/// A sweep over nodes that differ by `node_spread` and pairs that differ by `link_spread`, with the
/// tails of Student's t with 5 degrees of freedom. `slowed` is what a pair has of its bandwidth.
class Sweep {
 public:
  Sweep(std::size_t nodes, double node_spread, double link_spread, std::uint64_t seed)
      : nodes_(nodes), node_spread_(node_spread), link_spread_(link_spread), random_(seed) {}

  PairMatrix operator()(const std::function<double(std::size_t, std::size_t)>& slowed = {}) {
    std::vector<double> effects(nodes_);
    for (double& effect : effects) effect = node_spread_ * tail_(random_);
    PairMatrix matrix(numbered_nodes(nodes_));
    for (std::size_t one = 0; one < nodes_; ++one) {
      for (std::size_t other = one + 1; other < nodes_; ++other) {
        const double share = slowed ? slowed(one, other) : 1;
        const double left = link_spread_ * tail_(random_);
        matrix.add(one, other, 4e11 * share * std::exp(effects[one] + effects[other] + left));
      }
    }
    return matrix;
  }

 private:
  std::size_t nodes_;
  double node_spread_;
  double link_spread_;
  std::mt19937_64 random_;
  std::student_t_distribution<double> tail_{5};
};

std::vector<std::size_t> slow_nodes(const PairModel& model) {
  std::vector<std::size_t> slow;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (model.nodes[i].verdict == PairVerdict::slow) slow.push_back(i);
  }
  return slow;
}

TEST(Pairs, FindASlowNodeAndASlowLinkAsWhatTheyAre) {
  Sweep sweep(16, 0.002, 0.003, 1);
  const PairModel model = fit_pairs(sweep([](std::size_t one, std::size_t other) {
    if (one == 3 || other == 3) return 0.8;
    return one == 5 && other == 9 ? 0.7 : 1.0;
  }));
  EXPECT_EQ(slow_nodes(model), std::vector<std::size_t>{3});
  EXPECT_NEAR(model.nodes[3].effect, -0.2, 0.01);
  ASSERT_EQ(model.slow_links().size(), 1U);
  EXPECT_EQ(model.slow_links()[0].one, 5U);
  EXPECT_EQ(model.slow_links()[0].other, 9U);
  EXPECT_NEAR(model.slow_links()[0].effect, -0.3, 0.02);
  EXPECT_NEAR(model.usual_bytes_per_s / 4e11, 1, 0.01);
}

TEST(Pairs, BlameNoLinkBetweenTwoSlowNodes) {
  // The slower of two bounds their pair: it is faster than both effects together would have it.
  Sweep sweep(12, 0.001, 0.002, 2);
  const PairModel model = fit_pairs(
      sweep([](std::size_t one, std::size_t other) { return one < 2 || other < 2 ? 0.75 : 1.0; }));
  EXPECT_EQ(slow_nodes(model), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(model.slow_links().empty());
  Sweep again(12, 0.001, 0.002, 2);
  const PairModel broken = fit_pairs(again([](std::size_t one, std::size_t other) {
    return one == 0 && other == 1 ? 0.5 : one < 2 || other < 2 ? 0.75 : 1.0;
  }));
  ASSERT_EQ(broken.slow_links().size(), 1U) << "half of what the slow nodes reach";
  EXPECT_NEAR(broken.slow_links()[0].effect, 0.5 / 0.75 - 1, 0.02);
}

TEST(Pairs, TakeSwitchesIntoAccountWhereTheyAreKnown) {
  const auto far = [](std::size_t one, std::size_t other) {
    return one / 6 == other / 6 ? 1.0 : 0.85;
  };
  Sweep sweep(12, 0.001, 0.002, 3);
  const PairMatrix unknown = sweep(far);
  EXPECT_TRUE(slow_nodes(fit_pairs(unknown)).empty());
  std::vector<std::string> switches(12, "leaf1");
  std::fill(switches.begin() + 6, switches.end(), "leaf2");
  PairMatrix known(numbered_nodes(12), switches);
  for (const auto& [one, other] : unknown.pairs()) {
    known.add(one, other, unknown.bytes_per_s(one, other));
  }
  const PairModel model = fit_pairs(known);
  EXPECT_TRUE(slow_nodes(model).empty());
  EXPECT_TRUE(model.slow_links().empty());
  EXPECT_NEAR(model.usual_far_bytes_per_s / model.usual_bytes_per_s, 0.85, 0.01);
}

TEST(Pairs, SayWhatTheyCannotTell) {
  Sweep few(5, 0, 0.001, 4);
  const PairModel model =
      fit_pairs(few([](std::size_t one, std::size_t) { return one == 0 ? 0.5 : 1; }));
  EXPECT_EQ(model.cannot_tell,
            "5 nodes are too few to tell a slow node from a slow link: that takes 6");
  EXPECT_TRUE(slow_nodes(model).empty());
  EXPECT_EQ(model.links.size(), 10U);
  EXPECT_EQ(model.links[0].verdict, PairVerdict::not_told);
  PairMatrix sparse(numbered_nodes(8));
  for (std::size_t i = 1; i < 8; ++i) sparse.add(0, i, 1e11);
  EXPECT_EQ(fit_pairs(sparse).cannot_tell,
            "7 of 28 pairs were measured: too few to tell a slow node from a slow link");
  EXPECT_EQ(fit_pairs(PairMatrix({})).pairs, 0U);
}

TEST(Pairs, JudgeANodeByTheHalfOfItsPairsAtLeast) {
  Sweep sweep(10, 0, 0.001, 5);
  const PairMatrix whole = sweep();
  PairMatrix without(numbered_nodes(10));
  for (const auto& [one, other] : whole.pairs()) {
    if (other == 9 && one > 3) continue;
    without.add(one, other, whole.bytes_per_s(one, other));
  }
  const PairModel model = fit_pairs(without);
  EXPECT_EQ(model.cannot_tell, "");
  EXPECT_EQ(model.nodes[9].pairs, 4U);
  EXPECT_EQ(model.nodes[9].verdict, PairVerdict::not_told);
  EXPECT_EQ(model.nodes[0].verdict, PairVerdict::healthy);
}

TEST(Pairs, SayOfNoNodeThatItWouldBeFoundWithinTheNoise) {
  Sweep sweep(8, 0, 0.02, 6);
  for (int i = 0; i < 50; ++i) {
    // A node that is as slow as what would be found is beyond the noise of its pairs.
    const PairModel model = fit_pairs(sweep());
    const double noise = 1.2533 * model.link_spread / std::sqrt(7.0);
    EXPECT_GE(model.least_node, 1 - std::exp(-pair_cuts(8).node * noise) - 1e-12);
  }
}

TEST(Pairs, HaveNoDeviationsWhereNothingDiffers) {
  PairMatrix matrix(numbered_nodes(8));
  for (std::size_t one = 0; one < 8; ++one) {
    for (std::size_t other = one + 1; other < 8; ++other) {
      matrix.add(one, other, one == 2 || other == 2 ? 2.0 : one == 5 && other == 6 ? 1.0 : 4.0);
    }
  }
  const PairModel model = fit_pairs(matrix);
  ASSERT_EQ(model.node_spread, 0);
  EXPECT_TRUE(std::isnan(model.nodes[2].deviations));
  EXPECT_EQ(slow_nodes(model), std::vector<std::size_t>{2});
  ASSERT_EQ(model.slow_links().size(), 1U);
  EXPECT_TRUE(std::isnan(model.slow_links()[0].deviations));
}

TEST(Pairs, TakeTheMedianOfWhatWasMeasuredSeveralTimes) {
  PairMatrix matrix(numbered_nodes(2));
  for (const double each : {3e9, 1e9, 2e9}) matrix.add(1, 0, each);
  EXPECT_EQ(matrix.bytes_per_s(0, 1), 2e9);
  EXPECT_EQ(matrix.times(0, 1), 3U);
  EXPECT_TRUE(std::isnan(matrix.bytes_per_s(1, 1)));
}

/// Of so many sweeps without a slow node or link those with an alarm, whatever counts at least.
double alarms(std::size_t nodes, double node_spread, double link_spread, int sweeps) {
  Sweep sweep(nodes, node_spread, link_spread, 1000 + nodes);
  int alarms = 0;
  for (int i = 0; i < sweeps; ++i) {
    const PairModel model = fit_pairs(sweep(), 1e-6);
    alarms += !slow_nodes(model).empty() || !model.slow_links().empty() ? 1 : 0;
  }
  return static_cast<double>(alarms) / sweeps;
}

TEST(Pairs, HaveAnAlarmInOneOfAHundredSweepsOfHealthyNodesAtMost) {
  for (const std::size_t nodes : {6, 8, 12, 16, 32}) {
    const int sweeps = nodes > 16 ? 300 : 1500;
    for (const double node_spread : {0.0, 0.001, 0.003, 0.015}) {
      // Three standard errors of a share of 1 % more.
      const double most = 0.01 + 3 * std::sqrt(0.01 * 0.99 / sweeps);
      EXPECT_LE(alarms(nodes, node_spread, 0.003, sweeps), most) << nodes << " " << node_spread;
    }
  }
}

TEST(Pairs, FindWhatTheySayThatTheyWouldHaveFound) {
  constexpr int kSweeps = 300;
  int nodes_found = 0;
  int links_found = 0;
  Sweep sweep(16, 0.002, 0.002, 77);
  for (int i = 0; i < kSweeps; ++i) {
    const PairMatrix healthy = sweep();
    const PairModel before = fit_pairs(healthy);
    // A little more than what they say, since what is slow has noise of its own.
    const double node = 1 - 1.3 * before.least_node;
    const double link = 1 - 1.3 * before.least_link;
    PairMatrix slowed(numbered_nodes(16));
    for (const auto& [one, other] : healthy.pairs()) {
      const double share = one == 2 || other == 2 ? node : one == 7 && other == 8 ? link : 1;
      slowed.add(one, other, share * healthy.bytes_per_s(one, other));
    }
    const PairModel model = fit_pairs(slowed);
    nodes_found += slow_nodes(model) == std::vector<std::size_t>{2} ? 1 : 0;
    links_found += model.slow_links().size() == 1 && model.slow_links()[0].one == 7 ? 1 : 0;
  }
  EXPECT_GE(nodes_found, kSweeps * 90 / 100);
  EXPECT_GE(links_found, kSweeps * 90 / 100);
}

}  // namespace
}  // namespace derate::fleet
