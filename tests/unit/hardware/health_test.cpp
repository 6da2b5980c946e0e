// SPDX-License-Identifier: Apache-2.0
// The state of a GPU in words: its line, what is not known, and what should be otherwise.
#include "hardware/health.h"

#include <gtest/gtest.h>

#include <string>

namespace derate {
namespace {

Device well() {
  Device device;
  device.power_cap_w = 700;
  Health& h = device.health;
  for (const HealthFact& fact : kHealthFacts) h.*fact.member = {0.0, "driver"};
  h.power_cap_default_w = {700.0, "driver"};
  h.pcie_generation = {1.0, "driver"};
  h.pcie_lanes = h.pcie_lanes_maximum = {16.0, "driver"};
  h.pcie_generation_maximum = {5.0, "driver"};
  h.clock_graphics_set_hz = h.clock_graphics_default_hz = {1.98e9, "driver"};
  h.clock_memory_set_hz = h.clock_memory_default_hz = {3.2e9, "driver"};
  h.ecc_enabled = {1.0, "driver"};
  h.ecc_corrected = {12.0, "driver"};
  return device;
}

std::string warnings_with(Fact Health::*fact, double value) {
  Device device = well();
  device.health.*fact = {value, "driver"};
  return health_warnings(device);
}

TEST(Health, NeedsNoWarningWhereAllIsWell) {
  EXPECT_EQ(health_warnings(well()), "") << "the slow link and corrected errors included";
  EXPECT_EQ(health_warnings(Device{}), "");
}

TEST(Health, WarnsOfWhatLowersFiguresOrPutsThemInDoubt) {
  EXPECT_EQ(warnings_with(&Health::power_cap_default_w, 1000),
            "Its power cap is 700 W; the default is 1000 W.");
  EXPECT_EQ(warnings_with(&Health::clock_graphics_set_hz, 1.2e9),
            "Somebody set its applications clocks: graphics 1.200 GHz (default 1.980 GHz).");
  EXPECT_EQ(warnings_with(&Health::clock_memory_set_hz, 2e9),
            "Somebody set its applications clocks: memory 2.000 GHz (default 3.200 GHz).");
  EXPECT_EQ(warnings_with(&Health::ecc_uncorrected, 3),
            "Uncorrected ECC errors since its driver was loaded: 3.");
  EXPECT_EQ(warnings_with(&Health::ecc_uncorrected_lifetime, 3), "");
  EXPECT_EQ(warnings_with(&Health::row_remap_pending, 1), "A row remap is pending: reset the GPU.");
  EXPECT_EQ(warnings_with(&Health::row_remap_failed, 1), "A row remap failed: its memory is worn.");
  EXPECT_EQ(warnings_with(&Health::page_retirement_pending, 1),
            "A page retirement is pending: reset the GPU.");
  EXPECT_EQ(warnings_with(&Health::mps_processes, 1), "1 process may share it through MPS.");
  EXPECT_EQ(warnings_with(&Health::mps_processes, 2), "2 processes may share it through MPS.");
  Device several = well();
  several.health.row_remap_pending = {1.0, "driver"};
  several.power_cap_w = 500;
  EXPECT_EQ(health_warnings(several),
            "Its power cap is 500 W; the default is 700 W. A row remap is pending: reset the GPU.");
}

TEST(Health, IsOneLineOfWhatIsKnown) {
  EXPECT_EQ(health_line(well()),
            "power cap 700 W (default 700 W); PCIe 1 x16 now, 5 x16 at most; applications clocks "
            "1.980 GHz and 3.200 GHz (memory); ECC on; errors since the driver was loaded: 12 "
            "corrected, 0 uncorrected; in its lifetime: 0, 0; rows remapped: 0 after corrected "
            "errors, 0 after uncorrected; MIG off; 0 MPS processes");
  EXPECT_EQ(health_line(Device{}), "");
  Device some;
  some.health.ecc_enabled = {0.0, "driver"};
  some.health.pcie_generation = {5.0, "driver"};
  EXPECT_EQ(health_line(some), "ECC off") << "a generation without its width says little";
  some.health.pcie_lanes = {16.0, "driver"};
  EXPECT_EQ(health_line(some), "PCIe 5 x16 now, – x– at most; ECC off");
}

TEST(Health, NamesWhatIsNotKnownAndWhy) {
  EXPECT_EQ(health_unknown(well().health), "");
  EXPECT_EQ(health_unknown(Health{}), "") << "a CPU has no such facts";
  Device device = well();
  device.health.mig_enabled = {{}, "Not Supported"};
  device.health.ecc_corrected = {{}, "its answer cannot be right"};
  EXPECT_EQ(health_unknown(device.health),
            "ecc_corrected (its answer cannot be right), mig_enabled (Not Supported)");
}

}  // namespace
}  // namespace derate
