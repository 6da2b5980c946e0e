// SPDX-License-Identifier: Apache-2.0
// One device of many against its group, over sessions.
#include "history/group_drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "history/track.h"
#include "history_noise.h"
#include "record/name_on_device.h"

namespace derate::history {
namespace {

/// Devices whose levels differ by a few percent, with sessions that move all of them.
class MadeFleet {
 public:
  explicit MadeFleet(std::size_t devices, std::size_t sessions = 16, double sd = 0.004,
                     std::uint64_t seed = 1)
      : noise_(seed) {
    for (std::size_t at = 0; at < sessions; ++at) {
      Session session;
      session.id = static_cast<std::int64_t>(at) + 1;
      set.sessions.push_back(session);
    }
    const std::vector<double> moved = noise_.white(sessions, 0.02);
    const std::vector<double> levels = noise_.white(devices, 0.02);
    for (std::size_t device = 0; device < devices; ++device) {
      add_device(device, levels[device], moved, noise_.white(sessions, sd));
    }
  }

  /// Slows a device from session `first` on, counted from 1.
  MadeFleet& slow(double factor, std::size_t device, std::size_t first) {
    for (std::size_t at = first - 1; at < set.sessions.size(); ++at) {
      set.series[device].values[at].time_s *= factor;
    }
    return *this;
  }
  MadeFleet& slow_all(double factor, std::size_t first) {
    for (std::size_t device = 0; device < set.series.size(); ++device) slow(factor, device, first);
    return *this;
  }
  [[nodiscard]] Comparison track() const { return history::track({}, against_groups(set).set); }

  SeriesSet set;

 private:
  void add_device(std::size_t device, double level, const std::vector<double>& moved,
                  const std::vector<double>& rest) {
    set.environments.push_back({{{"backend", "cuda", true},
                                 {"device_name", "Example GPU", true},
                                 {"device_id", std::to_string(device), true}}});
    Series series;
    series.benchmark = name_on_device("gemm", "n" + std::to_string(device) + " GPU 0");
    series.identity = std::to_string(device);
    for (std::size_t at = 0; at < moved.size(); ++at) {
      SessionValue value;
      value.session = static_cast<std::int64_t>(at) + 1;
      value.time_s = 1e-3 * std::exp(level + moved[at] + rest[at]);
      value.clock_hz = 2e9 * std::exp(-moved[at]);
      value.processes = 1;
      value.environment = device;
      series.values.push_back(value);
    }
    set.series.push_back(series);
  }

  Noise noise_;
};

std::vector<std::string> alarms(const Comparison& comparison) {
  std::vector<std::string> names;
  for (const Judgement& each : comparison.judgements) {
    if (each.verdict == Verdict::regression) names.push_back(each.benchmark);
  }
  return names;
}

const Judgement& of_group(const Comparison& comparison) {
  return *std::find_if(comparison.judgements.begin(), comparison.judgements.end(),
                       [](const Judgement& each) {
                         return parts_of_name(each.benchmark).device.starts_with("all ");
                       });
}

TEST(GroupDrift, NamesOfDevices) {
  const std::string name = name_on_device("gemm/tiled m:1", "n1 GPU 2");
  EXPECT_EQ(name, "gemm/tiled m:1 @ n1 GPU 2");
  EXPECT_EQ(parts_of_name(name).benchmark, "gemm/tiled m:1");
  EXPECT_EQ(parts_of_name(name).device, "n1 GPU 2");
  EXPECT_EQ(parts_of_name("gemm").benchmark, "gemm");
  EXPECT_EQ(parts_of_name("gemm").device, "");
}

TEST(GroupDrift, ADeviceThatAgesIsHeardAlone) {
  const Comparison comparison = MadeFleet(32).slow(1.03, 5, 14).track();
  EXPECT_EQ(alarms(comparison), std::vector<std::string>{"gemm @ n5 GPU 0"});
  EXPECT_EQ(comparison.judgements.size(), 33);
}

// Sessions move by 2 % here, so that a device's own past hides 3 %.
TEST(GroupDrift, TheSameDeviceIsNotHeardByItsOwnPast) {
  EXPECT_TRUE(alarms(history::track({}, MadeFleet(32).slow(1.03, 5, 14).set)).empty());
}

TEST(GroupDrift, WhatMovesAllIsOfTheGroup) {
  const Comparison comparison = MadeFleet(32, 16, 0.004, 2).slow_all(1.3, 14).track();
  ASSERT_EQ(alarms(comparison).size(), 1);
  EXPECT_EQ(of_group(comparison).benchmark, "gemm @ all 32 Example GPU");
  EXPECT_NEAR(of_group(comparison).change.value, 0.3, 0.1);
}

TEST(GroupDrift, AMissingDeviceMovesNothing) {
  for (std::size_t missing = 0; missing < 5; ++missing) {
    MadeFleet fleet(5, 16, 0.0005);
    fleet.set.series[missing].values.pop_back();
    const Comparison comparison = fleet.track();
    EXPECT_EQ(comparison.judgements.size(), 5);  // of four devices, and the group
    for (const Judgement& each : comparison.judgements) {
      if (&each == &of_group(comparison)) continue;
      EXPECT_NEAR(each.change.value, 0, 0.002) << each.benchmark << " without " << missing;
    }
  }
}

TEST(GroupDrift, AFallingClockExcusesNoDevice) {
  MadeFleet fleet(16);
  fleet.slow(1.05, 3, 12);
  for (std::size_t at = 11; at < 16; ++at) fleet.set.series[3].values[at].clock_hz /= 1.05;
  EXPECT_EQ(alarms(fleet.track()), std::vector<std::string>{"gemm @ n3 GPU 0"});
}

TEST(GroupDrift, AGroupOfTwoIsLeftOutAndSaid) {
  const MadeFleet two(2);
  const GroupDrift drift = against_groups(two.set);
  EXPECT_TRUE(drift.set.series.empty());
  ASSERT_EQ(drift.notes.size(), 1);
  EXPECT_NE(drift.notes[0].find("2 of Example GPU"), std::string::npos) << drift.notes[0];
}

TEST(GroupDrift, OtherProductsAreAnotherGroup) {
  MadeFleet fleet(16);
  for (std::size_t device = 0; device < 8; ++device) {
    fleet.set.environments[device].facts[1].value = "Other GPU";
  }
  fleet.slow(1.2, 0, 14);
  for (std::size_t device = 1; device < 8; ++device) fleet.slow(1.2, device, 14);
  const std::vector<std::string> found = alarms(fleet.track());
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0], "gemm @ all 8 Other GPU");
}

TEST(GroupDrift, HealthyFleetsRaiseNoAlarm) {
  std::size_t false_alarms = 0;
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    for (const std::string& name : alarms(MadeFleet(64, 20, 0.004, seed).track())) {
      if (!parts_of_name(name).device.starts_with("all ")) ++false_alarms;
    }
  }
  EXPECT_LE(false_alarms, 1);  // of 40 runs, at 0.1 % each
}

}  // namespace
}  // namespace derate::history
