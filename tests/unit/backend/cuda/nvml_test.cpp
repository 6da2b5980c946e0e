// SPDX-License-Identifier: Apache-2.0
// Nvml against stand-ins for NVIDIA's library (fake_nvml.cpp): what it reads, and what it says of
// what it cannot read.
#include "backend/cuda/nvml.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "hardware/health.h"

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
    for (const char* name :
         {"INIT", "STATUS", "ONES", "PIDS", "MPS", "LIST", "PCIE", "CLOCKS", "MEMORY", "CAP",
          "MODES", "ECC", "VIOLATION", "REMAPS", "PAGES", "TEXT"}) {
      ::unsetenv(("DERATE_FAKE_" + std::string(name)).c_str());
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
  EXPECT_FALSE(nvml.processes());
  const Health health = nvml.health();
  for (const HealthFact& fact : kHealthFacts) {
    EXPECT_FALSE((health.*fact.member).value) << fact.name;
    EXPECT_NE((health.*fact.member).source, "") << fact.name;
  }
  const GpuCounters counters = nvml.counters();
  EXPECT_FALSE(counters.ecc_corrected || counters.ecc_uncorrected);
  EXPECT_FALSE(counters.throttled_power_ns || counters.throttled_thermal_ns ||
               counters.throttled_other_ns);
  const LoadState state = nvml.load_state();
  EXPECT_EQ(state.pcie_link + state.pcie_link_maximum, "");
  EXPECT_FALSE(state.memory_clock_ratio);
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
  EXPECT_FALSE(nvml.processes());
  EXPECT_EQ(nvml.health().ecc_corrected.source, "this driver's library lacks the function");
  EXPECT_FALSE(nvml.counters().throttled_power_ns);
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

TEST_F(NvmlTest, ReadsTheStateInItsUnits) {
  const Health health = open(DERATE_FAKE_NVML).health();
  const auto expect = [&](Fact Health::*fact, double value) {
    EXPECT_EQ((health.*fact).value, value);
    EXPECT_EQ((health.*fact).source, "driver");
  };
  expect(&Health::power_cap_default_w, 700);
  expect(&Health::pcie_generation, 1);
  expect(&Health::pcie_lanes, 8);
  expect(&Health::pcie_generation_maximum, 5);
  expect(&Health::pcie_lanes_maximum, 16);
  expect(&Health::clock_graphics_set_hz, 1.98e9);
  expect(&Health::clock_graphics_default_hz, 1.98e9);
  expect(&Health::clock_memory_set_hz, 3.201e9);
  expect(&Health::clock_memory_default_hz, 3.201e9);
  expect(&Health::ecc_enabled, 1);
  expect(&Health::ecc_corrected, 12);
  expect(&Health::ecc_uncorrected, 0);
  expect(&Health::ecc_corrected_lifetime, 340);
  expect(&Health::ecc_uncorrected_lifetime, 1);
  expect(&Health::rows_remapped_corrected, 2);
  expect(&Health::rows_remapped_uncorrected, 1);
  expect(&Health::row_remap_pending, 0);
  expect(&Health::row_remap_failed, 0);
  expect(&Health::page_retirement_pending, 0);
  expect(&Health::mig_enabled, 0);
  expect(&Health::mps_processes, 0);
}

TEST_F(NvmlTest, TellsAWornGpuFromANewOne) {
  set("DERATE_FAKE_REMAPS", "5 7 1 1");
  set("DERATE_FAKE_PAGES", "1");
  set("DERATE_FAKE_MODES", "0 1");
  set("DERATE_FAKE_CLOCKS", "1200 1980 2619 3201");
  set("DERATE_FAKE_MPS", "11 12");
  const Health health = open(DERATE_FAKE_NVML).health();
  EXPECT_EQ(health.rows_remapped_uncorrected.value, 7);
  EXPECT_EQ(health.row_remap_pending.value, 1);
  EXPECT_EQ(health.row_remap_failed.value, 1);
  EXPECT_EQ(health.page_retirement_pending.value, 1);
  EXPECT_EQ(health.ecc_enabled.value, 0);
  EXPECT_EQ(health.mig_enabled.value, 1);
  EXPECT_EQ(health.clock_graphics_set_hz.value, 1.2e9);
  EXPECT_EQ(health.clock_memory_set_hz.value, 2.619e9);
  EXPECT_EQ(health.mps_processes.value, 2);
}

TEST_F(NvmlTest, CountsErrorsAndTheTimeThatTheClockWasHeldDown) {
  const GpuCounters counters = open(DERATE_FAKE_NVML).counters();
  EXPECT_EQ(counters.ecc_corrected, 12u);
  EXPECT_EQ(counters.ecc_uncorrected, 0u);
  EXPECT_EQ(counters.throttled_power_ns, 100u);
  EXPECT_EQ(counters.throttled_thermal_ns, 200u);
  EXPECT_EQ(counters.throttled_other_ns, 1u + 2 + 3) << "not the 4000 of low utilisation";
  set("DERATE_FAKE_VIOLATION", "100 18446744073709551615 1");
  const GpuCounters some = open(DERATE_FAKE_NVML).counters();
  EXPECT_EQ(some.throttled_power_ns, 100u);
  EXPECT_FALSE(some.throttled_thermal_ns) << "all ones";
  EXPECT_EQ(some.throttled_other_ns, 1u) << "the others are not supported";
}

TEST_F(NvmlTest, ReadsWhatALoadRaises) {
  set("DERATE_FAKE_PCIE", "4 16 5 16");
  set("DERATE_FAKE_MEMORY", "1600 3200");
  const LoadState state = open(DERATE_FAKE_NVML).load_state();
  EXPECT_EQ(state.pcie_link, "4 x16");
  EXPECT_EQ(state.pcie_link_maximum, "5 x16");
  EXPECT_EQ(state.memory_clock_ratio, 0.5);
  set("DERATE_FAKE_MEMORY", "1600 0");
  EXPECT_FALSE(open(DERATE_FAKE_NVML).load_state().memory_clock_ratio);
}

TEST_F(NvmlTest, TakesNoValueFromAllOnes) {
  set("DERATE_FAKE_ONES", "1");
  const Nvml nvml = open(DERATE_FAKE_NVML);
  EXPECT_FALSE(nvml.power_cap_w());
  EXPECT_FALSE(nvml.power_w());
  EXPECT_FALSE(nvml.energy_mj());
  EXPECT_FALSE(nvml.temperature_c());
  EXPECT_FALSE(nvml.throttle_mask());
  EXPECT_EQ(nvml.shortcomings(),
            "NVML does not give its power (it says that there is no value), energy (it says that "
            "there is no value), temperature (it says that there is no value), reasons for a low "
            "clock (it says that there is no value).");
  const Health health = nvml.health();
  for (const HealthFact& fact : kHealthFacts) {
    if (fact.member == &Health::mps_processes) continue;  // a list
    EXPECT_FALSE((health.*fact.member).value) << fact.name;
  }
  EXPECT_EQ(health.ecc_corrected.source, "it says that there is no value");
  EXPECT_EQ(health.row_remap_pending.source, "its answer cannot be right");
  EXPECT_FALSE(nvml.counters().ecc_corrected);
}

TEST_F(NvmlTest, NamesAPcieLinkThatCannotBe) {
  set("DERATE_FAKE_PCIE", "0 3 99 64");
  const Health health = open(DERATE_FAKE_NVML).health();
  EXPECT_EQ(health.pcie_generation.source,
            "it answers 0, which is no PCIe generation that is on record here");
  EXPECT_EQ(health.pcie_lanes.source, "it answers 3, which is no width of a PCIe link");
  EXPECT_EQ(health.pcie_generation_maximum.source,
            "it answers 99, which is no PCIe generation that is on record here");
  EXPECT_EQ(health.pcie_lanes_maximum.source, "it answers 64, which is no width of a PCIe link");
  EXPECT_EQ(open(DERATE_FAKE_NVML).load_state().pcie_link, "");
  EXPECT_TRUE(health.ecc_corrected.value) << "the rest is read";
}

TEST_F(NvmlTest, NeitherLoopsNorRunsOutOfMemoryOnACountThatCannotBe) {
  const auto reason = [](const char* answer) {
    set("DERATE_FAKE_LIST", answer);
    const Nvml nvml = open(DERATE_FAKE_NVML);
    EXPECT_FALSE(nvml.processes());
    EXPECT_FALSE(nvml.health().mps_processes.value);
    EXPECT_TRUE(nvml.power_w()) << "the rest is read";
    return nvml.shortcomings();
  };
  const std::string impossible =
      "NVML does not give its other processes (its answer cannot be right).";
  EXPECT_EQ(reason("7 4294967295"), impossible);
  EXPECT_EQ(reason("7 65537"), impossible);
  EXPECT_EQ(reason("0 4294967295"), impossible);
  EXPECT_EQ(reason("0 65"), impossible) << "more than there is room for";
  const std::string too_small = "NVML does not give its other processes (Insufficient Size).";
  EXPECT_EQ(reason("7 0"), too_small);
  EXPECT_EQ(reason("7 64"), too_small);
  EXPECT_EQ(reason("7 65536"), too_small);
}

TEST_F(NvmlTest, TakesNoTextThatIsNone) {
  const std::string endless(500, 'x');
  for (const std::string& text :
       {endless, std::string("580\xff.65"), std::string("580\n65"), std::string()}) {
    set("DERATE_FAKE_TEXT", text);
    const Nvml nvml = open(DERATE_FAKE_NVML);
    EXPECT_FALSE(nvml.driver_version());
    EXPECT_EQ(nvml.shortcomings(),
              "NVML does not give its driver version (its answer cannot be right).");
    set("DERATE_FAKE_STATUS", "4");
    EXPECT_EQ(nvml.health().ecc_corrected.source, "error 4");
    ::unsetenv("DERATE_FAKE_STATUS");
  }
}

TEST_F(NvmlTest, CanBeMoved) {
  Nvml nvml = open("libderate-no-such-library.so");
  nvml = open(DERATE_FAKE_NVML);
  EXPECT_TRUE(nvml.power_w());
}

}  // namespace
}  // namespace derate::cuda
