// SPDX-License-Identifier: Apache-2.0
// NVML's mask of throttle reasons as words.
#include "backend/cuda/throttle.h"

#include <gtest/gtest.h>

namespace derate::cuda {
namespace {

TEST(Throttle, AnIdleGpuOrAClockThatSomebodySetIsNotThrottled) {
  EXPECT_EQ(throttle_words(0), "");
  EXPECT_EQ(throttle_words(0x1), "");
  EXPECT_EQ(throttle_words(0x2), "");
  EXPECT_EQ(throttle_words(0x3), "");
}

TEST(Throttle, NamesEachReason) {
  EXPECT_EQ(throttle_words(0x4), "power_cap");
  EXPECT_EQ(throttle_words(0x8), "slowdown");
  EXPECT_EQ(throttle_words(0x10), "sync_boost");
  EXPECT_EQ(throttle_words(0x20), "thermal");
  EXPECT_EQ(throttle_words(0x40), "hw_thermal");
  EXPECT_EQ(throttle_words(0x80), "power_brake");
  EXPECT_EQ(throttle_words(0x100), "display_clock");
}

TEST(Throttle, NamesAllReasonsOfAMask) {
  EXPECT_EQ(throttle_words(0x4 | 0x20 | 0x1), "power_cap,thermal");
  EXPECT_EQ(throttle_words(0x8 | 0x40), "slowdown,hw_thermal");
}

TEST(Throttle, KeepsABitThatItDoesNotKnow) {
  EXPECT_EQ(throttle_words(0x200), "bit_9");
  EXPECT_EQ(throttle_words(std::uint64_t{1} << 63 | 0x4), "power_cap,bit_63");
}

}  // namespace
}  // namespace derate::cuda
