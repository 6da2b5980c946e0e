// SPDX-License-Identifier: Apache-2.0
// The SM clock from stamps: matched by SM, the median over SMs, and without invalid stamps.
#include "backend/cuda/stamps.h"

#include <gtest/gtest.h>

#include <cmath>

namespace derate::cuda {
namespace {

Stamp stamp(std::uint32_t sm, std::uint64_t time_ns, std::uint64_t clocks) {
  return {.time_ns = time_ns, .clocks = clocks, .sm = sm, .valid = 1};
}

TEST(SmClock, IsClocksOverTimeOfTheSameSm) {
  // The counters of the two SMs are far apart, and the stamps come in another order.
  const std::vector<Stamp> before = {stamp(0, 1'000'000, 500), stamp(1, 1'000'100, 9'000'000'000)};
  const std::vector<Stamp> after = {stamp(1, 2'000'100, 9'001'500'000),
                                    stamp(0, 2'000'000, 1'500'500)};
  EXPECT_DOUBLE_EQ(sm_clock_hz(before, after), 1.5e9);
}

TEST(UnseenSms, AreToldOfByTheNumberOfThoseThatLeftAStamp) {
  const std::vector<Stamp> stamps = {stamp(0, 1, 1), stamp(7, 1, 1), stamp(7, 2, 2), Stamp{}};
  EXPECT_EQ(unseen_sms(stamps, 2), "") << "numbers may have gaps, as those of a MIG slice";
  EXPECT_EQ(unseen_sms(stamps, 3), "Only 2 of 3 SMs left a stamp: the measured clock is theirs.");
  EXPECT_EQ(unseen_sms({Stamp{}}, 3), "No SM left a stamp, so that its clock is not known.");
}

TEST(SmClock, IsTheMedianOverSms) {
  const std::vector<Stamp> before = {stamp(0, 0, 0), stamp(1, 0, 0), stamp(2, 0, 0)};
  EXPECT_DOUBLE_EQ(
      sm_clock_hz(before, {stamp(0, 1'000'000, 1'000'000), stamp(1, 1'000'000, 1'200'000),
                           stamp(2, 1'000'000, 9'000'000)}),
      1.2e9);
  EXPECT_DOUBLE_EQ(
      sm_clock_hz(before, {stamp(0, 1'000'000, 1'000'000), stamp(2, 1'000'000, 2'000'000)}), 1.5e9);
}

TEST(SmClock, LeavesOutSmsThatWereSeenOnce) {
  EXPECT_DOUBLE_EQ(sm_clock_hz({stamp(0, 0, 0), stamp(7, 0, 0)},
                               {stamp(7, 1'000'000, 2'000'000), stamp(9, 1'000'000, 5)}),
                   2e9);
  EXPECT_TRUE(std::isnan(sm_clock_hz({stamp(0, 0, 0)}, {stamp(1, 1'000'000, 2'000'000)})));
  EXPECT_TRUE(std::isnan(sm_clock_hz({}, {})));
}

TEST(SmClock, LeavesOutStampsThatNoBlockWrote) {
  EXPECT_TRUE(std::isnan(sm_clock_hz({Stamp{}}, {stamp(0, 1'000'000, 2'000'000)})));
  EXPECT_TRUE(std::isnan(sm_clock_hz({stamp(0, 0, 0)}, {Stamp{}})));
}

TEST(SmClock, CountsAnSmOnceWhereTwoBlocksRanOnIt) {
  const std::vector<Stamp> before = {stamp(0, 0, 0), stamp(0, 100, 200), stamp(1, 0, 0)};
  const std::vector<Stamp> after = {stamp(0, 1'000'000, 2'000'000), stamp(0, 1'000'100, 2'000'200),
                                    stamp(1, 1'000'000, 1'000'000)};
  EXPECT_DOUBLE_EQ(sm_clock_hz(before, after), 1.5e9);
}

TEST(SmClock, IsNotANumberForAStretchThatTheTimerDoesNotResolve) {
  EXPECT_TRUE(
      std::isnan(sm_clock_hz({stamp(0, 0, 0)}, {stamp(0, kShortestStretch_ns - 1, 190'000)})));
  EXPECT_DOUBLE_EQ(sm_clock_hz({stamp(0, 0, 0)}, {stamp(0, kShortestStretch_ns, 190'000)}), 1.9e9);
}

TEST(SmClock, LeavesOutCountersThatWereReset) {
  EXPECT_TRUE(std::isnan(sm_clock_hz({stamp(0, 0, 5'000'000)}, {stamp(0, 1'000'000, 10)})));
  EXPECT_TRUE(std::isnan(sm_clock_hz({stamp(0, 5'000'000, 0)}, {stamp(0, 1'000'000, 10)})));
}

}  // namespace
}  // namespace derate::cuda
