// SPDX-License-Identifier: Apache-2.0
// What the probe reads out of texts, and that this machine's device is filled in.
#include "backend/host/probe.h"

#include <gtest/gtest.h>

#include "backend/host/backend.h"

namespace derate::host {
namespace {

TEST(BrandString, StatesANominalClockAfterTheAt) {
  EXPECT_DOUBLE_EQ(clock_in_brand_hz("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz"), 2.4e9);
  EXPECT_DOUBLE_EQ(clock_in_brand_hz("An old one @ 800MHz"), 8e8);
  EXPECT_EQ(clock_in_brand_hz("AMD EPYC 9755 128-Core Processor"), 0);
  EXPECT_EQ(clock_in_brand_hz("@"), 0);
}

TEST(CacheSize, HasTheKernelsUnits) {
  EXPECT_EQ(parse_cache_size("1024K"), std::uint64_t{1} << 20);
  EXPECT_EQ(parse_cache_size("32M\n"), std::uint64_t{32} << 20);
  EXPECT_EQ(parse_cache_size(""), 0u);
  EXPECT_EQ(parse_cache_size("12"), 0u);
}

TEST(CpuInfo, FindsTheFirstValueOfAKey) {
  const std::string text =
      "processor\t: 0\ncpu MHz\t\t: 2596.096\n\nprocessor\t: 1\ncpu MHz\t: 9\npower:\n";
  EXPECT_EQ(cpuinfo_value(text, "cpu MHz"), "2596.096");
  EXPECT_EQ(cpuinfo_value(text, "processor"), "0");
  EXPECT_EQ(cpuinfo_value(text, "power"), "");
  EXPECT_EQ(cpuinfo_value(text, "cpu"), "");
  EXPECT_EQ(cpuinfo_value(":\n", "x"), "");
}

TEST(Hash, IsFnv1a) {
  // Test vectors of the algorithm's authors (Fowler, Noll and Vo, draft-eastlake-fnv).
  EXPECT_EQ(hash_text(""), "cbf29ce484222325");
  EXPECT_EQ(hash_text("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(hash_text("foobar"), "85944171f73967e8");
}

TEST(Probe, DescribesThisMachine) {
  const Device device = make_backend()->probe().devices.at(0);
  EXPECT_EQ(device.selector(), "host");
  EXPECT_NE(device.name, "");
  EXPECT_EQ(device.id.size(), 16u);
  EXPECT_GE(device.compute_units, 1);
  EXPECT_NE(device.compute_units_source, "");
  EXPECT_NE(device.clock_specified_hz.source, "");
  EXPECT_NE(device.memory_bytes_per_s.source, "");
  EXPECT_GT(device.memory_bytes, 0u);
  EXPECT_EQ(probe_device().id, device.id);
}

}  // namespace
}  // namespace derate::host
