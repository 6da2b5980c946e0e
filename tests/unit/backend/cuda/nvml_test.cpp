// SPDX-License-Identifier: Apache-2.0
// Nvml against stand-ins for NVIDIA's library (fake_nvml.cpp): what it reads, and what it says of
// what it cannot read.
#include "backend/cuda/nvml.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace derate::cuda {
namespace {

const GpuAddress kGpu = {"GPU-fake", "0000:3b:00.0"};
const GpuAddress kSlice = {"MIG-fake", ""};

Nvml open(const char* library, const GpuAddress& address = kGpu) {
  return Nvml(address, std::array{library});
}

class NvmlTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"DERATE_FAKE_INIT", "DERATE_FAKE_STATUS", "DERATE_FAKE_PIDS"}) {
      ::unsetenv(name);
    }
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
};

void expect_silent(const Nvml& nvml) {
  EXPECT_FALSE(nvml.power_cap_w());
  EXPECT_FALSE(nvml.power_w());
  EXPECT_FALSE(nvml.energy_mj());
  EXPECT_FALSE(nvml.temperature_c());
  EXPECT_FALSE(nvml.throttle_mask());
  EXPECT_FALSE(nvml.pcie_generation());
  EXPECT_FALSE(nvml.pcie_lanes());
  EXPECT_FALSE(nvml.processes());
}

void expect_absent(const Nvml& nvml, const std::string& why) {
  expect_silent(nvml);
  EXPECT_EQ(nvml.shortcomings(), "NVML cannot be used (" + why +
                                     "): no power, energy, temperature, reasons for a low clock or "
                                     "other processes.");
}

TEST_F(NvmlTest, ReadsEverySensorInItsUnit) {
  const Nvml nvml = open(DERATE_FAKE_NVML);
  EXPECT_EQ(nvml.driver_version(), "999.1");
  EXPECT_DOUBLE_EQ(nvml.power_cap_w().value(), 700);
  EXPECT_DOUBLE_EQ(nvml.power_w().value(), 612.5);
  EXPECT_EQ(nvml.energy_mj(), 5'000'000'000'000u);
  EXPECT_DOUBLE_EQ(nvml.temperature_c().value(), 61);
  EXPECT_EQ(nvml.throttle_mask(), 0x4u);
  EXPECT_EQ(nvml.pcie_generation(), 5u);
  EXPECT_EQ(nvml.pcie_lanes(), 16u);
  EXPECT_EQ(nvml.processes(), std::vector<unsigned>{});
  EXPECT_EQ(nvml.shortcomings(), "");
}

TEST_F(NvmlTest, FindsAGpuByItsBusWhereTheUuidIsUnknown) {
  EXPECT_TRUE(open(DERATE_FAKE_NVML, {"GPU-other", "0000:3b:00.0"}).power_w());
  expect_absent(open(DERATE_FAKE_NVML, {"GPU-other", "0000:af:00.0"}),
                "it does not give access to this GPU: Not Found");
}

TEST_F(NvmlTest, IsSilentWithoutALibrary) {
  const Nvml nvml = open("libderate-no-such-library.so");
  EXPECT_FALSE(nvml.driver_version());
  expect_absent(nvml, "libderate-no-such-library.so cannot be loaded");
}

TEST_F(NvmlTest, IsSilentWhereNvmlDoesNotStart) {
  set("DERATE_FAKE_INIT", "9");
  const Nvml nvml = open(DERATE_FAKE_NVML);
  EXPECT_FALSE(nvml.driver_version());
  expect_absent(nvml, "it does not start: Driver Not Loaded");
}

TEST_F(NvmlTest, NamesWhatIsForbidden) {
  set("DERATE_FAKE_STATUS", "4");
  const Nvml nvml = open(DERATE_FAKE_NVML);
  expect_silent(nvml);
  EXPECT_EQ(nvml.shortcomings(),
            "NVML does not give its power (Insufficient Permissions), energy (Insufficient "
            "Permissions), temperature (Insufficient Permissions), reasons for a low clock "
            "(Insufficient Permissions), other processes (Insufficient Permissions).");
}

TEST_F(NvmlTest, UsesTheOlderNameOfAFunctionAndNamesThoseThatAreMissing) {
  set("DERATE_FAKE_PIDS", "1 2");
  const Nvml nvml = open(DERATE_OLD_FAKE_NVML);
  EXPECT_EQ(nvml.throttle_mask(), 0x20u);
  EXPECT_DOUBLE_EQ(nvml.power_w().value(), 612.5);
  EXPECT_FALSE(nvml.energy_mj());
  EXPECT_FALSE(nvml.pcie_lanes());
  EXPECT_FALSE(nvml.processes());
  EXPECT_EQ(nvml.shortcomings(),
            "NVML does not give its energy (this driver's library lacks the function), other "
            "processes (this driver's library lacks the function).");
}

TEST_F(NvmlTest, IsSilentWithALibraryThatHasNextToNothing) {
  const Nvml nvml = open(DERATE_BARE_FAKE_NVML);
  EXPECT_FALSE(nvml.driver_version());
  expect_absent(nvml,
                "it does not give access to this GPU: this driver's library lacks the function");
  set("DERATE_FAKE_INIT", "9");
  expect_absent(open(DERATE_BARE_FAKE_NVML), "it does not start: error 9");
}

TEST_F(NvmlTest, TakesNoReadingOfTheWholeGpuForASlices) {
  const Nvml nvml = open(DERATE_FAKE_NVML, kSlice);
  EXPECT_FALSE(nvml.power_cap_w());
  EXPECT_FALSE(nvml.power_w());
  EXPECT_FALSE(nvml.energy_mj());
  EXPECT_DOUBLE_EQ(nvml.temperature_c().value(), 61);
  EXPECT_EQ(nvml.throttle_mask(), 0x4u);
  EXPECT_TRUE(nvml.processes());
  EXPECT_EQ(nvml.shortcomings(), "");
  set("DERATE_FAKE_STATUS", "3");
  EXPECT_EQ(nvml.shortcomings(),
            "NVML does not give its temperature (Not Supported), reasons for a low clock (Not "
            "Supported), other processes (Not Supported).");
}

TEST_F(NvmlTest, ListsProcessesHoweverManyThereAre) {
  for (const unsigned processes : {1u, 64u, 65u, 1000u}) {
    std::string text;
    std::vector<unsigned> expected;
    for (unsigned i = 0; i < processes; ++i) {
      expected.push_back(4000 + i);
      text += std::to_string(4000 + i) + " ";
    }
    set("DERATE_FAKE_PIDS", text);
    EXPECT_EQ(open(DERATE_FAKE_NVML).processes(), expected);
  }
}

TEST_F(NvmlTest, HasRoomForLargerEntriesThanItExpects) {
  std::string text;
  for (unsigned i = 0; i < 64; ++i) text += std::to_string(4000 + i) + " ";
  set("DERATE_FAKE_PIDS", text);
  EXPECT_EQ(open(DERATE_WIDE_FAKE_NVML).processes().value().size(), 64u);
}

TEST_F(NvmlTest, CanBeMoved) {
  Nvml nvml = open("libderate-no-such-library.so");
  nvml = open(DERATE_FAKE_NVML);
  EXPECT_TRUE(nvml.power_w());
}

}  // namespace
}  // namespace derate::cuda
