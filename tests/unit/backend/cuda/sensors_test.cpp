// SPDX-License-Identifier: Apache-2.0
// How often sensors are read, and what becomes of the readings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/cuda/processes.h"
#include "backend/cuda/reading_budget.h"
#include "backend/cuda/sensor_log.h"

namespace derate::cuda {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Time = ReadingBudget::Time;

/// The share of `samples` samples, back to back, that are read when a reading takes this long; and
/// checks that reading takes no more than a fifth of the time.
double share_read(milliseconds sample, microseconds reading, int samples) {
  ReadingBudget budget;
  Time now{};
  microseconds spent{0};
  int read = 0;
  for (int i = 0; i < samples; ++i) {
    Time end = now + sample;
    if (budget.due(now)) {
      budget.spend(now, now + reading);
      end = std::max(end, now + reading);
      spent += reading;
      ++read;
    }
    now = end;
  }
  const Time one_more_gap = now + 4 * reading;
  EXPECT_LE(5 * spent, one_more_gap - Time{});
  return static_cast<double>(read) / samples;
}

TEST(ReadingBudget, AllowsAReadingUnderEverySampleWhereReadingsAreShort) {
  EXPECT_EQ(share_read(milliseconds(5), microseconds(50), 100), 1);
  EXPECT_EQ(share_read(milliseconds(5), microseconds(1000), 100), 1);
  EXPECT_EQ(share_read(milliseconds(50), microseconds(10'000), 100), 1);
}

TEST(ReadingBudget, KeepsLongReadingsToAFifthOfTheTime) {
  EXPECT_EQ(share_read(milliseconds(5), microseconds(1001), 100), 0.5);
  EXPECT_EQ(share_read(milliseconds(5), microseconds(3000), 99), 1. / 3);
  EXPECT_NEAR(share_read(milliseconds(5), microseconds(40'000), 1000), 1. / 33, 1e-3);
}

TEST(Readings, AreOfOneSampleOfEveryTwoInNoPeriod) {
  std::vector<bool> read;
  for (std::uint64_t i = 0; i < 64; ++i) read.push_back(may_be_read(i));
  EXPECT_TRUE(read[0]) << "the first sample is one of few where samples are long";
  for (std::size_t i = 0; i < 64; i += 2) EXPECT_NE(read[i], read[i + 1]);
  for (std::size_t period = 1; period <= 16; ++period) {
    std::size_t equal = 0;
    for (std::size_t i = 0; i + period < 64; ++i) equal += read[i] == read[i + period];
    EXPECT_LT(equal, 64 - period) << period;
    EXPECT_GT(equal, 0u) << period;
  }
}

TEST(SensorReading, IsThrottledWhereAReasonHasAWord) {
  EXPECT_EQ(throttled({}), std::nullopt);
  EXPECT_EQ(throttled({.throttle_mask = 0}), false);
  EXPECT_EQ(throttled({.throttle_mask = 0x1}), false);  // idle
  EXPECT_EQ(throttled({.throttle_mask = 0x4}), true);
  EXPECT_EQ(throttled({.throttle_mask = 0x1 | 0x40}), true);
}

Time at(double time_s) {
  return Time{} + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(time_s));
}

TEST(SensorLog, KeepsTheLatestReadingsAndEveryReason) {
  SensorLog log;
  EXPECT_TRUE(log.empty());
  log.add({.power_w = 300, .temperature_c = 40, .throttle_mask = 0x4});
  log.add({.power_w = 500, .temperature_c = 60, .throttle_mask = 0x20});
  log.add({.power_w = 400, .temperature_c = 50});
  EXPECT_FALSE(log.empty());
  const Telemetry telemetry = log.take({});
  EXPECT_EQ(telemetry.power_w, 400);
  EXPECT_EQ(telemetry.temperature_c, 50);
  EXPECT_EQ(telemetry.throttle_reasons, "power_cap,thermal");
}

TEST(SensorLog, StartsAnewAfterEachMeasurement) {
  SensorLog log;
  log.begin({at(1), 500});
  log.add({.power_w = 300, .temperature_c = 40, .throttle_mask = 0x4});
  static_cast<void>(log.take({at(2), 1000}));
  EXPECT_FALSE(log.begun());
  EXPECT_TRUE(log.empty());
  const Telemetry telemetry = log.take({at(3), 1500});
  EXPECT_TRUE(std::isnan(telemetry.power_w));
  EXPECT_TRUE(std::isnan(telemetry.temperature_c));
  EXPECT_TRUE(std::isnan(telemetry.energy_j));
  EXPECT_EQ(telemetry.throttle_reasons, "");
}

TEST(SensorLog, GivesEnergyWithItsTime) {
  SensorLog log;
  log.begin({at(1), 5'000'000'000'000});
  const Telemetry telemetry = log.take({at(1.5), 5'000'000'350'000});
  EXPECT_DOUBLE_EQ(telemetry.energy_j, 350);
  EXPECT_DOUBLE_EQ(telemetry.energy_time_s, 0.5);
}

TEST(SensorLog, GivesTheLargestAdvanceOfTheEnergyCounterAsItsStep) {
  SensorLog log;
  log.begin({at(1), 1'000'000});
  for (const std::uint64_t energy_mj : {1'000'000u, 1'060'000u, 1'060'000u, 1'130'000u}) {
    log.add(SensorReading{.energy_mj = energy_mj});
  }
  log.add(SensorReading{});  // not read
  const Telemetry telemetry = log.take({at(1.5), 1'150'000});
  EXPECT_DOUBLE_EQ(telemetry.energy_j, 150);
  EXPECT_DOUBLE_EQ(telemetry.energy_step_j, 70);
  log.begin({at(2), 1'150'000});
  EXPECT_DOUBLE_EQ(log.take({at(3), 1'160'000}).energy_step_j, 10) << "one step, seen at the end";
}

TEST(SensorLog, TellsAClockThatSomebodySetFromOneThatIsNot) {
  const auto setting = [](std::vector<std::uint64_t> masks) {
    SensorLog log;
    for (const std::uint64_t mask : masks) log.add(SensorReading{.throttle_mask = mask});
    return log.take({}).clock_setting;
  };
  EXPECT_EQ(setting({0x2}), 1);
  EXPECT_EQ(setting({0x0, 0x2, 0x4}), 1);
  EXPECT_EQ(setting({0x4, 0x0}), 0);
  EXPECT_TRUE(std::isnan(setting({0x1}))) << "an idle GPU tells nothing";
  EXPECT_TRUE(std::isnan(setting({})));
}

TEST(SensorLog, KeepsTheStateUnderLoad) {
  SensorLog log;
  EXPECT_FALSE(log.has_state());
  log.add(LoadState{"4 x16", "5 x16", 0.5});
  EXPECT_TRUE(log.has_state());
  const Telemetry telemetry = log.take({});
  EXPECT_EQ(telemetry.pcie_link, "4 x16");
  EXPECT_EQ(telemetry.pcie_link_maximum, "5 x16");
  EXPECT_EQ(telemetry.memory_clock_ratio, 0.5);
  EXPECT_FALSE(log.has_state());
  log.add(LoadState{});
  EXPECT_TRUE(std::isnan(log.take({}).memory_clock_ratio));
}

TEST(Growth, IsOfEachCounterInItsUnit) {
  Telemetry telemetry;
  add_growth({5, 1, 1'000'000'000, 0, 7}, {8, 1, 2'500'000'000, 4'000'000, 7}, telemetry);
  EXPECT_EQ(telemetry.ecc_corrected, 3);
  EXPECT_EQ(telemetry.ecc_uncorrected, 0);
  EXPECT_DOUBLE_EQ(telemetry.throttled_power_s, 1.5);
  EXPECT_DOUBLE_EQ(telemetry.throttled_thermal_s, 4e-3);
  EXPECT_EQ(telemetry.throttled_other_s, 0);
}

TEST(Growth, IsUnknownWhereACounterIsMissingOrBeganAnew) {
  Telemetry telemetry;
  add_growth({5, {}, 10, {}, {}}, {4, 1, {}, {}, {}}, telemetry);
  EXPECT_TRUE(std::isnan(telemetry.ecc_corrected)) << "the driver was loaded again";
  EXPECT_TRUE(std::isnan(telemetry.ecc_uncorrected));
  EXPECT_TRUE(std::isnan(telemetry.throttled_power_s));
  EXPECT_TRUE(std::isnan(telemetry.throttled_other_s));
}

TEST(SensorLog, GivesNoEnergyWhereTheCounterSaysNothing) {
  const std::pair<std::optional<std::uint64_t>, std::optional<std::uint64_t>> kCases[] = {
      {{}, 500},    // it began to answer
      {500, {}},    // it ceased to
      {{}, {}},     // it never did
      {500, 500},   // it did not advance: its step is longer than the measurement
      {500, 400}};  // the driver was loaded again
  for (const auto& [begin, end] : kCases) {
    SensorLog log;
    log.begin({at(1), begin});
    const Telemetry telemetry = log.take({at(2), end});
    EXPECT_TRUE(std::isnan(telemetry.energy_j));
    EXPECT_TRUE(std::isnan(telemetry.energy_time_s));
    EXPECT_TRUE(std::isnan(telemetry.energy_step_j));
  }
}

TEST(Processes, AreCountedWithoutThisOne) {
  EXPECT_EQ(other_processes({17}, 17, true), 0);
  EXPECT_EQ(other_processes({17, 99}, 17, true), 1);
  EXPECT_EQ(other_processes({99, 17, 5}, 17, true), 2);
  EXPECT_EQ(other_processes({17, 17}, 17, true), 0) << "one process, with two contexts";
}

TEST(Processes, AreUnknownWhereTheListHidesThisOne) {
  EXPECT_EQ(other_processes({}, 17, true), std::nullopt);
  EXPECT_EQ(other_processes({99}, 17, true), std::nullopt) << "another, or this one's other number";
}

TEST(Processes, InAContainerTwoEntriesAreAnotherProcessAndOneSaysNothing) {
  EXPECT_EQ(other_processes({17}, 17, false), std::nullopt) << "others may be hidden";
  EXPECT_EQ(other_processes({17, 18}, 17, false), 1);
  EXPECT_EQ(other_processes({4711, 4712, 4713}, 17, false), 2) << "the host's numbers";
}

}  // namespace
}  // namespace derate::cuda
