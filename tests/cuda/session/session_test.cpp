// SPDX-License-Identifier: Apache-2.0
// GpuSession on a runtime and an NVML that do as the test says: which samples carry readings, and
// what becomes of them.
#include "backend/cuda/session.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "backend/cuda/processes.h"
#include "derate/error.h"
#include "fixture.h"

namespace derate::cuda {
namespace {

TEST_F(GpuSessionTest, ReadsUnderTheLoadAndDelaysNoLaunch) {
  GpuSession session(device());
  const Sample read = sample(session, {kBusy, kBusy});
  EXPECT_DOUBLE_EQ(read.time_s, 5e-3);
  EXPECT_DOUBLE_EQ(read.power_w, 612.5);
  EXPECT_DOUBLE_EQ(read.temperature_c, 61);
  EXPECT_EQ(read.throttled, true);
  EXPECT_EQ(fake::runtime.calls,
            (std::vector<std::string>{"stamp", "record", "launch", "launch", "record", "stamp",
                                      "wait for event", "query", "query", "wait for all"}));
}

TEST_F(GpuSessionTest, SaysWhenStampsDoNotReachEverySm) {
  GpuSession all(device());
  EXPECT_EQ(all.device().note, "");
  EXPECT_DOUBLE_EQ(sample(all, {}).clock_hz, 1e9);
  sms_reached = 1;
  Device noted = device();
  noted.note = "ECC is on.";
  GpuSession one(noted);
  EXPECT_EQ(one.device().note,
            "ECC is on. Only 1 of 2 SMs left a stamp: the measured clock is theirs.");
  EXPECT_DOUBLE_EQ(sample(one, {}).clock_hz, 1e9);
  sms_reached = 0;
  GpuSession none(device());
  EXPECT_EQ(none.device().note, "No SM left a stamp, so that its clock is not known.");
  EXPECT_TRUE(std::isnan(sample(none, {}).clock_hz));
}

TEST_F(GpuSessionTest, LeavesASampleUnreadThatEndedBefore) {
  GpuSession session(device());
  const Sample unread = sample(session, {cudaSuccess});
  EXPECT_TRUE(std::isnan(unread.power_w));
  EXPECT_TRUE(std::isnan(unread.temperature_c));
  EXPECT_EQ(unread.throttled, std::nullopt);
}

TEST_F(GpuSessionTest, KeepsNoReasonsThatWereReadWhenTheSampleEnded) {
  GpuSession session(device());
  const Sample late = sample(session, {kBusy, cudaSuccess});
  EXPECT_DOUBLE_EQ(late.power_w, 612.5);
  EXPECT_EQ(late.throttled, std::nullopt);
}

TEST_F(GpuSessionTest, KnowsNothingWhereTheSensorsAreForbidden) {
  ::setenv("DERATE_FAKE_STATUS", "4", 1);
  GpuSession session(device());
  const Sample unread = sample(session, {kBusy, kBusy});
  EXPECT_TRUE(std::isnan(unread.power_w));
  EXPECT_TRUE(std::isnan(unread.temperature_c));
  EXPECT_EQ(unread.throttled, std::nullopt);
  const Telemetry telemetry = session.telemetry();
  EXPECT_TRUE(std::isnan(telemetry.power_w));
  EXPECT_TRUE(std::isnan(telemetry.energy_j));
  EXPECT_TRUE(std::isnan(telemetry.other_processes));
  EXPECT_EQ(telemetry.throttle_reasons, "");
}

TEST_F(GpuSessionTest, TimesByTheHostsClockWithoutAHeadStart) {
  GpuSession session(device());
  fake::runtime.calls.clear();
  const auto launch = [](int) {
    fake::runtime.calls.emplace_back("launch");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const Sample timed = session.sample_by_host(launch, 2);
  EXPECT_GE(timed.time_s, 2e-3);
  EXPECT_LT(timed.time_s, 1) << "not what the events say";
  EXPECT_NE(timed.time_s, 5e-3);
  EXPECT_FALSE(timed.host_bound);
  EXPECT_EQ(longest_head_start_ns, 0u);
  EXPECT_EQ(fake::runtime.calls,
            (std::vector<std::string>{"stamp", "wait for all", "launch", "launch", "wait for all",
                                      "stamp", "wait for all"}));
  static_cast<void>(sample(session, {}));
  EXPECT_GT(longest_head_start_ns, 0u);
}

TEST_F(GpuSessionTest, TakesEnergyFromTheFirstSampleOn) {
  GpuSession session(device());
  ::setenv("DERATE_FAKE_ENERGY_MJ", "1000", 1);
  EXPECT_TRUE(std::isnan(session.telemetry().energy_j)) << "there was no sample";
  ::setenv("DERATE_FAKE_ENERGY_MJ", "2000", 1);
  static_cast<void>(sample(session, {}));
  ::setenv("DERATE_FAKE_ENERGY_MJ", "2500", 1);
  static_cast<void>(sample(session, {}));
  ::setenv("DERATE_FAKE_ENERGY_MJ", "4500", 1);
  const Telemetry telemetry = session.telemetry();
  EXPECT_DOUBLE_EQ(telemetry.energy_j, 2.5);
  EXPECT_GT(telemetry.energy_time_s, 0);
  EXPECT_TRUE(std::isnan(session.telemetry().energy_j)) << "it was taken";
}

TEST_F(GpuSessionTest, ReadsHalfOfTheSamplesAndBeginsAnewWithEachMeasurement) {
  for (const bool again : {false, true}) {
    GpuSession session(device());
    if (again) {
      static_cast<void>(sample(session, {kBusy, kBusy}));
      static_cast<void>(session.telemetry());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the budget allows one more
    }
    int reads = 0;
    for (std::uint64_t i = 0; i < 8; ++i) {
      const bool read = !std::isnan(sample(session, {kBusy, kBusy}).power_w);
      const auto& calls = fake::runtime.calls;
      const bool asked = std::find(calls.begin(), calls.end(), "query") != calls.end();
      EXPECT_EQ(asked, read) << "what is not read is not disturbed";
      EXPECT_TRUE(may_be_read(i) || !read) << i;
      EXPECT_TRUE(i > 0 || read) << "later ones as far as the budget allows";
      reads += read ? 1 : 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_LE(reads, 4);
  }
}

TEST_F(GpuSessionTest, CountsSinceTheLastMeasurement) {
  ::setenv("DERATE_FAKE_ECC", "10 1 0 0", 1);
  ::setenv("DERATE_FAKE_VIOLATION", "1000000000 0 0 0 0 0", 1);
  GpuSession session(device());
  ::setenv("DERATE_FAKE_ECC", "12 1 0 0", 1);
  EXPECT_EQ(session.telemetry().ecc_corrected, 2) << "since the session was opened";
  ::setenv("DERATE_FAKE_ECC", "13 4 0 0", 1);
  ::setenv("DERATE_FAKE_VIOLATION", "1500000000 0 2000000 1000000 0 0", 1);
  const Telemetry telemetry = session.telemetry();
  EXPECT_EQ(telemetry.ecc_corrected, 1);
  EXPECT_EQ(telemetry.ecc_uncorrected, 3);
  EXPECT_DOUBLE_EQ(telemetry.throttled_power_s, 0.5);
  EXPECT_EQ(telemetry.throttled_thermal_s, 0);
  EXPECT_DOUBLE_EQ(telemetry.throttled_other_s, 3e-3);
}

TEST_F(GpuSessionTest, LooksAtLinkAndMemoryClockUnderLoad) {
  GpuSession session(device());
  ::setenv("DERATE_FAKE_PCIE", "4 8 5 16", 1);
  ::setenv("DERATE_FAKE_MEMORY", "1600 3200", 1);
  static_cast<void>(sample(session, {kBusy, kBusy}));
  ::setenv("DERATE_FAKE_PCIE", "1 8 5 16", 1);
  ::setenv("DERATE_FAKE_MEMORY", "100 3200", 1);
  Telemetry telemetry = session.telemetry();
  EXPECT_EQ(telemetry.pcie_link, "4 x8");
  EXPECT_EQ(telemetry.pcie_link_maximum, "5 x16");
  EXPECT_EQ(telemetry.memory_clock_ratio, 0.5);
  static_cast<void>(sample(session, {}));
  telemetry = session.telemetry();
  EXPECT_EQ(telemetry.pcie_link, "1 x8") << "right afterwards, where no sample was read";
}

TEST_F(GpuSessionTest, SeesTheStepOfTheEnergyCounter) {
  GpuSession session(device());
  ::setenv("DERATE_FAKE_ENERGY_MJ", "1000 250", 1);
  static_cast<void>(sample(session, {kBusy, kBusy}));  // once before it and once under it
  const Telemetry telemetry = session.telemetry();
  EXPECT_DOUBLE_EQ(telemetry.energy_j, 0.5);
  EXPECT_DOUBLE_EQ(telemetry.energy_step_j, 0.25);
}

TEST_F(GpuSessionTest, ReadsAfterwardsWhereNoSampleWasRead) {
  GpuSession session(device());
  static_cast<void>(sample(session, {}));
  const Telemetry telemetry = session.telemetry();
  EXPECT_DOUBLE_EQ(telemetry.power_w, 612.5);
  EXPECT_EQ(telemetry.throttle_reasons, "power_cap");
}

TEST_F(GpuSessionTest, CountsOtherProcesses) {
  GpuSession session(device());
  const std::string self = std::to_string(::getpid());
  ::setenv("DERATE_FAKE_PIDS", (self + " 1 2").c_str(), 1);
  EXPECT_EQ(session.telemetry().other_processes, 2);
  ::setenv("DERATE_FAKE_PIDS", "1", 1);
  EXPECT_TRUE(std::isnan(session.telemetry().other_processes));
  ::setenv("DERATE_FAKE_PIDS", self.c_str(), 1);
  const double alone = session.telemetry().other_processes;
  EXPECT_TRUE(sees_all_processes() ? alone == 0 : std::isnan(alone));
}

TEST_F(GpuSessionTest, WorksOnAStreamOfItsOwnAndDestroysIt) {
  {
    GpuSession session(device());
    static_cast<void>(sample(session, {kBusy, kBusy}));
    EXPECT_EQ(fake::runtime.streams_used, std::set{session.stream()});
    EXPECT_NE(session.stream(), nullptr);
  }
  EXPECT_EQ(fake::runtime.streams_made, 1);
  EXPECT_EQ(fake::runtime.streams_destroyed, 1);
}

TEST_F(GpuSessionTest, WorksOnNothingButTheStreamOfAnotherAndLeavesItAlone) {
  CUstream_st current;
  const cudaStream_t default_stream = nullptr;
  for (const cudaStream_t theirs : {&current, default_stream}) {
    fake::runtime = {};
    {
      GpuSession session(device(), theirs);
      EXPECT_EQ(session.stream(), theirs);
      EXPECT_DOUBLE_EQ(sample(session, {kBusy, kBusy}).time_s, 5e-3);
      static_cast<void>(session.sample_by_host([](int) {}, 1));
    }
    EXPECT_EQ(fake::runtime.streams_used, std::set{theirs});
    EXPECT_EQ(fake::runtime.streams_made, 0);
    EXPECT_EQ(fake::runtime.streams_destroyed, 0);
  }
}

std::string refusal() {
  try {
    const GpuSession session(device());
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST_F(GpuSessionTest, SaysThatAnotherProcessHoldsTheDevice) {
  one_process_only = true;
  EXPECT_EQ(refusal(), "");
  const std::string held =
      "another process holds the device exclusively: its compute mode admits one process at a time";
  fake::runtime.make_context = cudaErrorDevicesUnavailable;
  EXPECT_EQ(refusal(), held);
  fake::runtime.set_device = cudaErrorDevicesUnavailable;
  EXPECT_EQ(refusal(), held);
  one_process_only = false;
  EXPECT_NE(refusal().find("creating a context failed with cudaErrorOfTheTest"), std::string::npos)
      << refusal();
}

}  // namespace
}  // namespace derate::cuda
