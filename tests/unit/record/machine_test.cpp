// SPDX-License-Identifier: Apache-2.0
// What makes a machine the same, in derate's records and in Google Benchmark's files.
#include "record/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace derate {
namespace {

std::string different(const Environment& base, const Environment& candidate) {
  std::string names;
  for (const EnvironmentDifference& each : machine_differences(base, candidate)) {
    names += each.name + " ";
  }
  return names;
}

Record gpu() {
  Record record;
  record.backend = "cuda";
  record.device_name = "Example GPU";
  record.device_id = "a";
  record.compute_units = 100;
  record.last_level_cache_bytes = 50e6;
  record.clock_specified_hz = 1.5e9;
  record.host_id = "h";
  record.boot_id = "b";
  record.driver_version = "1";
  record.build_type = "Release";
  return record;
}

TEST(Machine, IsTheSameWithAnotherHostBootDriverAndPowerCap) {
  Record other = gpu();
  other.host_id = "i";
  other.boot_id = "c";
  other.driver_version = "2";
  other.power_cap_w = 300;
  other.clock_maximum_hz = 2e9;
  EXPECT_EQ(different(environment_of(gpu()), environment_of(other)), "");
}

TEST(Machine, IsAnotherWithAnotherDeviceCacheOrBuild) {
  const auto with = [](auto change) {
    Record other = gpu();
    change(other);
    return different(environment_of(gpu()), environment_of(other));
  };
  EXPECT_EQ(with([](Record& r) { r.device_name = "Another GPU"; }), "device_name ");
  EXPECT_EQ(with([](Record& r) { r.device_id = "b"; }), "device_id ");
  EXPECT_EQ(with([](Record& r) { r.compute_units = 99; }), "compute_units ");
  EXPECT_EQ(with([](Record& r) { r.last_level_cache_bytes = 40e6; }), "last_level_cache_bytes ");
  EXPECT_EQ(with([](Record& r) { r.build_type = "Debug"; }), "build_type ");
  EXPECT_EQ(with([](Record& r) { r.clock_specified_hz = 1.6e9; }), "clock_specified_hz ");
  EXPECT_EQ(with([](Record& r) { r.clock_specified_hz = 1.57e9; }), "");
}

// It holds the id of the installation, which a container makes anew.
TEST(Machine, TheIdOfACpuIsNone) {
  Record cpu = gpu();
  cpu.backend = "host";
  Record other = cpu;
  other.device_id = "b";
  EXPECT_EQ(different(environment_of(cpu), environment_of(other)), "");
}

TEST(Machine, OfGoogleBenchmark) {
  const auto runner = [](const char* host, const char* mhz, const char* caches) {
    return Environment{{{"host_name", host, false},
                        {"num_cpus", "4", true},
                        {"mhz_per_cpu", mhz, false},
                        {"caches", caches, false}}};
  };
  const Environment one = runner("a", "3244", "L2 Unified 524288");
  EXPECT_EQ(different(one, runner("b", "3150", "L2 Unified 524288")), "");
  EXPECT_EQ(different(one, runner("a", "2870", "L2 Unified 524288")), "mhz_per_cpu ");
  EXPECT_EQ(different(one, runner("a", "3244", "L2 Unified 1310720")), "caches ");
  EXPECT_EQ(different(one, runner("a", "3244", "")), "");  // not known
}

}  // namespace
}  // namespace derate
