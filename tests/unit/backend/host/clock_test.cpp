// SPDX-License-Identifier: Apache-2.0
// The clock of a core, from chains whose times are the test's: 1000 cycles in 1 us are 1 GHz.
#include "backend/host/clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/host/emulator.h"
#include "backend/host/session.h"
#include "backend/host/topology.h"

namespace derate::host {
namespace {

struct Reading {
  ClockReading clock;
  std::size_t chains = 0;
};

/// Of chains that take these times; the last one goes on for ever.
Reading reading_of(const std::vector<double>& times_s) {
  Reading reading;
  reading.clock = fastest_of_chains(
      1000, [&] { return times_s[std::min(reading.chains++, times_s.size() - 1)]; });
  return reading;
}

TEST(ClockReading, TakesThreeChainsThatAgree) {
  const Reading quiet = reading_of({1e-6, 1.001e-6, 1e-6});
  EXPECT_NEAR(quiet.clock.hz, 1e9, 1);
  EXPECT_TRUE(quiet.clock.agreed);
  EXPECT_EQ(quiet.chains, 3U);
}

TEST(ClockReading, GoesOnUntilTwoWereLeftAlone) {
  // More than five in a row, and none of them lost as much as another.
  const Reading disturbed =
      reading_of({1.05e-6, 1.1e-6, 1.04e-6, 4e-3, 1.2e-6, 1.3e-6, 1e-6, 1.5e-6, 1e-6});
  EXPECT_NEAR(disturbed.clock.hz, 1e9, 1);
  EXPECT_TRUE(disturbed.clock.agreed);
  EXPECT_EQ(disturbed.chains, 9U);
}

TEST(ClockReading, SaysThatNoTwoAgreed) {
  std::vector<double> times_s;
  for (int i = 0; i < 100; ++i) times_s.push_back(1e-6 * (2 - 0.01 * i));
  const Reading never = reading_of(times_s);
  EXPECT_FALSE(never.clock.agreed);
  EXPECT_LT(never.chains, 100U) << "it must end";
  EXPECT_NEAR(never.clock.hz, 1000 / times_s[never.chains - 1], 1) << "the fastest of them";
}

TEST(ClockReading, OfThisMachineIsAClock) {
  if (!emulator().empty()) {
    EXPECT_TRUE(std::isnan(measure_core_clock().hz));
    return;
  }
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_GT(measure_core_clock().hz, 0.1e9);
  EXPECT_LT(measure_core_clock().hz, 10e9);
#else
  EXPECT_TRUE(std::isnan(measure_core_clock().hz));
#endif
}

TEST(ClockOver, IsTheMeanOfThoseThatAgreed) {
  const std::vector<ClockReading> moving = {{2e9, true}, {3e9, true}, {4e9, true}};
  EXPECT_DOUBLE_EQ(clock_over(moving), 3e9);
  const std::vector<ClockReading> stolen = {{4e9, true}, {1e9, false}, {4e9, true}};
  EXPECT_DOUBLE_EQ(clock_over(stolen), 4e9);
}

TEST(ClockOver, IsTheFastestWhereNoneAgreed) {
  const std::vector<ClockReading> stolen = {{1e9, false}, {3e9, false}, {2e9, false}};
  EXPECT_DOUBLE_EQ(clock_over(stolen), 3e9);
  const std::vector<ClockReading> unknown = {{std::nan(""), false}, {std::nan(""), false}};
  EXPECT_TRUE(std::isnan(clock_over(unknown)));
}

/// The sample of a session on one core whose clock is read so, and how often it was.
struct Sampled {
  Sample sample;
  std::size_t readings = 0;
};

Sampled sample_with(const std::vector<ClockReading>& clocks, int launches) {
  Sampled sampled;
  HostSession session(Device{}, [&] { return clocks.at(sampled.readings++); },
                      {affinity_cpus().front()});
  sampled.sample = session.sample([](int) {}, launches);
  return sampled;
}

TEST(HostSession, ReadsTheClockBetweenLaunchesToo) {
  const std::vector<ClockReading> clocks = {{1e9, true}, {2e9, true}, {4e9, true}, {5e9, true}};
  EXPECT_EQ(sample_with(clocks, 1000).readings, 4U);
  EXPECT_DOUBLE_EQ(sample_with(clocks, 1000).sample.clock_hz, 3e9);
  EXPECT_EQ(sample_with(clocks, 2).readings, 3U);
  EXPECT_EQ(sample_with(clocks, 1).readings, 2U);
  EXPECT_DOUBLE_EQ(sample_with(clocks, 1).sample.clock_hz, 1.5e9);
}

TEST(HostSession, LeavesOutReadingsThatWereDisturbed) {
  // Time was taken from every chain behind the first part, and before the last.
  const std::vector<ClockReading> clocks = {
      {4e9, true}, {3.6e9, false}, {3.5e9, false}, {4e9, true}};
  EXPECT_DOUBLE_EQ(sample_with(clocks, 1000).sample.clock_hz, 4e9);
}

}  // namespace
}  // namespace derate::host
