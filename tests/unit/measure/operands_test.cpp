// SPDX-License-Identifier: Apache-2.0
// Operand values, and the number of operand sets that keeps a cache cold.
#include "derate/operands.h"

#include <gtest/gtest.h>

#include <cmath>

namespace derate {
namespace {

// Pinned: a GPU, a host and a reference must agree, and records of different versions too.
// SplitMix64's first output from state 0 is 0xE220A8397B1DCDAF, as published with the generator.
static_assert(uniform_element(0, 0) == 0xE220A8 * 0x1p-23 - 1);
static_assert(uniform_element(1, 0) == 2953000 * 0x1p-23 - 1);
static_assert(uniform_element(7, 12345) == 13125438 * 0x1p-23 - 1);
static_assert(uniform_element(3, 1ull << 40) == 11215722 * 0x1p-23 - 1);

TEST(UniformElement, FillsItsRangeEvenlyAndFitsF32) {
  constexpr int kCount = 100000;
  double sum = 0;
  double squares = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const double value = uniform_element(42, i);
    ASSERT_GE(value, -1);
    ASSERT_LT(value, 1);
    ASSERT_EQ(static_cast<double>(static_cast<float>(value)), value);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kCount, 0, 4 / std::sqrt(3.0 * kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 0.005);
}

TEST(UniformElement, SeedsAreUnrelated) {
  constexpr int kCount = 100000;
  for (const std::uint64_t other : {2u, 3u, 1000u}) {
    double product = 0;
    for (std::uint64_t i = 0; i < kCount; ++i) {
      product += uniform_element(1, i) * uniform_element(other, i);
    }
    EXPECT_NEAR(product / kCount, 0, 4 / 3.0 / std::sqrt(kCount)) << "seed " << other;
  }
}

TEST(Element, FollowsThePattern) {
  EXPECT_EQ(element(DataPattern::uniform, 3, 9), uniform_element(3, 9));
  EXPECT_EQ(element(DataPattern::zeros, 3, 9), 0);
}

TEST(OperandSets, RotateOverTwiceTheLastLevelCache) {
  Device device;
  device.last_level_cache_bytes = 50'000'000;
  const Operands cold{CachePolicy::cold, DataPattern::uniform};
  EXPECT_EQ(cold.sets(10e6, device), 10);
  EXPECT_EQ(cold.sets(30e6, device), 4);  // 3.3 rounded up: two full caches, not less
  EXPECT_EQ(cold.sets(100e6, device), 1);
  EXPECT_EQ(cold.sets(1e9, device), 1);
}

TEST(OperandSets, OneWhenHot) {
  Device device;
  device.last_level_cache_bytes = 50'000'000;
  EXPECT_EQ((Operands{CachePolicy::hot, DataPattern::uniform}.sets(1e6, device)), 1);
}

TEST(OperandSets, StayWithinReason) {
  Device device;
  const Operands cold{CachePolicy::cold, DataPattern::uniform};
  EXPECT_EQ(cold.sets(1e6, device), 1);  // no known cache
  device.last_level_cache_bytes = 1'000'000'000;
  EXPECT_EQ(cold.sets(4, device), 1024);
  EXPECT_EQ(cold.sets(0, device), 1);
}

TEST(Words, OfPolicyAndPattern) {
  EXPECT_EQ(to_string(CachePolicy::hot), "hot");
  EXPECT_EQ(to_string(CachePolicy::cold), "cold");
  EXPECT_EQ(to_string(DataPattern::uniform), "uniform");
  EXPECT_EQ(to_string(DataPattern::zeros), "zeros");
}

}  // namespace
}  // namespace derate
