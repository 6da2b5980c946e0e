// SPDX-License-Identifier: Apache-2.0
// The order of the pairs: balanced, random, and the same again for its seed.
#include "regression/gate/pair_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace derate {
namespace {

std::int64_t candidates(const std::vector<bool>& order) {
  return std::count(order.begin(), order.end(), true);
}

TEST(PairOrder, HasAsManyPairsOfEitherOrder) {
  int more = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_EQ(candidates(candidate_first(seed, 1, 8)), 4);
    EXPECT_EQ(candidates(candidate_first(seed, 2, 20)), 10);
    const std::int64_t of_seven = candidates(candidate_first(seed, 1, 7));
    EXPECT_TRUE(of_seven == 3 || of_seven == 4) << of_seven;
    more += of_seven == 4 ? 1 : 0;
  }
  EXPECT_NEAR(more, 100, 35);  // five standard deviations
  EXPECT_TRUE(candidate_first(1, 1, 0).empty());
}

// Of 2,000 orders of 8 pairs each place is the candidate's in half, and neighbours agree in 3 of 7.
TEST(PairOrder, IsRandom) {
  constexpr int kOrders = 2000;
  std::vector<int> at(8);
  int agreeing = 0;
  std::set<std::vector<bool>> different;
  for (std::uint64_t seed = 0; seed < kOrders; ++seed) {
    const std::vector<bool> order = candidate_first(seed, 1, 8);
    different.insert(order);
    for (std::size_t i = 0; i < order.size(); ++i) at[i] += order[i] ? 1 : 0;
    for (std::size_t i = 1; i < order.size(); ++i) agreeing += order[i] == order[i - 1] ? 1 : 0;
  }
  for (const int count : at) EXPECT_NEAR(count, kOrders / 2, 112);  // five standard deviations
  EXPECT_NEAR(agreeing / (7.0 * kOrders), 3.0 / 7, 0.02);
  EXPECT_EQ(different.size(), 70U) << "all that are balanced";
}

// The seed of a gate that somebody recorded has to give its order on any machine.
TEST(PairOrder, IsThatOfItsSeedAndStage) {
  EXPECT_EQ(candidate_first(1, 1, 8), (std::vector<bool>{1, 0, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(candidate_first(1, 2, 8), (std::vector<bool>{0, 1, 1, 0, 1, 0, 0, 1}));
  EXPECT_NE(candidate_first(1, 1, 20), candidate_first(std::uint64_t{1} << 32 | 1, 1, 20));
}

}  // namespace
}  // namespace derate
