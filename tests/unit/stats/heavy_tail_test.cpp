// SPDX-License-Identifier: Apache-2.0
// The population behind a sample of which some is too low.
#include "stats/heavy_tail.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "stats/student_t.h"

namespace derate {
namespace {

std::vector<double> sample(std::size_t size, double degrees, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::student_t_distribution<double> t(degrees);
  std::vector<double> values;
  for (std::size_t i = 0; i < size; ++i) values.push_back(t(random));
  return values;
}

TEST(HeavyTail, FindsCentreScaleAndTail) {
  const HeavyTail tail(sample(20'000, 5, 1), 1e-3);
  EXPECT_NEAR(tail.centre(), 0, 0.04);
  EXPECT_NEAR(tail.scale(), 1, 0.05);
  const double truth = student_t_above(6, 5);
  EXPECT_GT(tail.below(-6), truth / 2);
  EXPECT_LT(tail.below(-6), truth * 2);
  EXPECT_NEAR(tail.low_with(tail.below(-6)), -6, 0.01);
}

// What is slow neither hides itself nor others.
TEST(HeavyTail, DoesNotSeeWhatIsTooLow) {
  std::vector<double> values = sample(2'000, 10, 2);
  const HeavyTail clean(values, 1e-3);
  for (std::size_t i = 0; i < 100; ++i) values[i] = -10 - static_cast<double>(i) / 10;
  const HeavyTail tail(values, 1e-3);
  EXPECT_NEAR(tail.scale(), clean.scale(), 0.1);
  EXPECT_LT(tail.below(-10), 10 * clean.below(-10));
}

TEST(HeavyTail, KnowsAWiderLowerSide) {
  std::vector<double> values = sample(5'000, 10, 3);
  for (double& value : values) value *= value < 0 ? 1.8 : 1;
  const HeavyTail tail(values, 1e-3);
  EXPECT_GT(tail.scale(), 1.5);
}

TEST(HeavyTail, FewValuesYieldNoSmallProbabilities) {
  const HeavyTail few(sample(8, 30, 4), 1e-3);
  const HeavyTail many(sample(5'000, 30, 4), 1e-3);
  EXPECT_GT(few.below(few.centre() - 6 * few.scale()),
            20 * many.below(many.centre() - 6 * many.scale()));
}

TEST(HeavyTail, BearsEqualValues) {
  const HeavyTail tail(std::vector<double>(50, 2.0), 0.01);
  EXPECT_NEAR(tail.centre(), 2, 0.01);
  EXPECT_GT(tail.below(1.99), 0.01);
  EXPECT_LT(tail.below(1), 1e-6);
}

}  // namespace
}  // namespace derate
