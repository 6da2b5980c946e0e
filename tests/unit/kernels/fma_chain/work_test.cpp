// SPDX-License-Identifier: Apache-2.0
// What the operands of fma_chain promise of a host's chains: they stay apart and go on moving, and
// a multiply-add with two roundings shows.
#include "fma_chain/work.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace derate::fma_chain {
namespace {

template <typename T>
class Chains : public testing::Test {};
using Formats = testing::Types<float, double>;
TYPED_TEST_SUITE(Chains, Formats);

constexpr std::int64_t kTestChains = 37 * 12;  // of the host's test problem
constexpr std::int64_t kTestSteps = 1000;

/// As expected(), but the product is rounded before the addition.
template <typename T>
T unfused(T x, std::int64_t steps) {
  for (std::int64_t step = 0; step < steps; ++step) {
    const volatile T product = x * static_cast<T>(kMultiplier);  // volatile: not to be fused
    x = product + static_cast<T>(kAddend);
  }
  return x;
}

template <typename T>
double share_of_wrong_chains(DataPattern pattern, std::int64_t chains, std::int64_t steps) {
  int wrong = 0;
  for (std::int64_t chain = 0; chain < chains; ++chain) {
    const T x = static_cast<T>(start(pattern, chain));
    wrong += unfused(x, steps) != expected(x, steps) ? 1 : 0;
  }
  return wrong / static_cast<double>(chains);
}

TYPED_TEST(Chains, ShowAMultiplyAddWithTwoRoundings) {
  const auto share = [](DataPattern pattern, std::int64_t chains, std::int64_t steps) {
    return share_of_wrong_chains<TypeParam>(pattern, chains, steps);
  };
  EXPECT_GT(share(DataPattern::uniform, kTestChains, kTestSteps), 0.9);
  EXPECT_EQ(share(DataPattern::zeros, 1, kTestSteps), 1);
  EXPECT_GT(share(DataPattern::uniform, kTestChains, 2), 0.9) << "the least that shows it";
}

TYPED_TEST(Chains, AreApartAndFarFromTheFixedPointAfterMillionsOfSteps) {
  std::set<TypeParam> values;
  for (std::int64_t chain = 0; chain < 24; ++chain) {
    TypeParam x = expected(static_cast<TypeParam>(start(DataPattern::uniform, chain)), 2'000'000);
    ASSERT_TRUE(std::isnormal(x)) << x;
    EXPECT_GT(std::fabs(x - 12), 1) << "the fixed point";
    EXPECT_NE(expected(x, 1), x);
    EXPECT_NE(expected(x, 2), x) << "two lost steps would not show";
    values.insert(x);
  }
  EXPECT_EQ(values.size(), 24u);
}

}  // namespace
}  // namespace derate::fma_chain
