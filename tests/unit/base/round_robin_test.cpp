// SPDX-License-Identifier: Apache-2.0
// Every pair once, no one twice in a round, and as few rounds as there can be.
#include "base/round_robin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace derate {
namespace {

TEST(RoundRobin, HasNothingForFewerThanTwo) {
  EXPECT_TRUE(round_robin(0).empty());
  EXPECT_TRUE(round_robin(1).empty());
  EXPECT_EQ(round_robin(2), (std::vector<Pairing>{{{0, 1}}}));
}

TEST(RoundRobin, BringsEveryPairOnceInAsFewRoundsAsThereCanBe) {
  for (std::size_t count = 2; count <= 65; ++count) {
    const std::vector<Pairing> rounds = round_robin(count);
    EXPECT_EQ(rounds.size(), count % 2 == 0 ? count - 1 : count) << count;
    std::set<std::pair<std::size_t, std::size_t>> met;
    for (const Pairing& round : rounds) {
      std::set<std::size_t> busy;
      for (const auto& [one, other] : round) {
        EXPECT_LT(one, other);
        EXPECT_LT(other, count);
        EXPECT_TRUE(busy.insert(one).second && busy.insert(other).second) << count;
        EXPECT_TRUE(met.emplace(one, other).second) << "met before: " << one << " " << other;
      }
      EXPECT_EQ(busy.size(), count / 2 * 2) << "one is idle of an odd number, none of an even one";
    }
    EXPECT_EQ(met.size(), count * (count - 1) / 2) << count;
  }
}

}  // namespace
}  // namespace derate
