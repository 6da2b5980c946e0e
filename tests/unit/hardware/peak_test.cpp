// SPDX-License-Identifier: Apache-2.0
// 2·N·C of known products against their published figures; no peak where a fact is missing.
#include "hardware/peak.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace derate {
namespace {

Device gpu(const std::string& architecture, double sms, double boost_hz) {
  Device device;
  device.backend = "cuda";
  device.architecture = architecture;
  device.compute_units = sms;
  device.compute_units_source = "driver";
  device.clock_specified_hz = {boost_hz, "data sheet"};
  return device;
}

double specified(const Device& device, Precision precision) {
  const auto peak = peak_of(device, Bound::compute, precision);
  EXPECT_TRUE(peak.has_value()) << device.architecture;
  return peak ? peak->specified().value_or(0) : 0;
}

struct Product {
  const char* name;
  const char* architecture;
  double sms;
  double boost_hz;
  double f32;  // FLOP/s as on the data sheet, which rounds to three digits or less
  double f64;
};

TEST(Peak, MeetsTheDataSheets) {
  for (const Product& product : {
           Product{"Tesla P100 SXM2", "sm_60", 56, 1.480e9, 10.6e12, 5.3e12},
           Product{"V100 SXM2", "sm_70", 80, 1.530e9, 15.7e12, 7.8e12},
           Product{"T4", "sm_75", 40, 1.590e9, 8.1e12, 0},
           Product{"A100 SXM", "sm_80", 108, 1.410e9, 19.5e12, 9.7e12},
           Product{"A10", "sm_86", 72, 1.695e9, 31.2e12, 0},
           Product{"L40S", "sm_89", 142, 2.520e9, 91.6e12, 0},
           Product{"RTX 4090", "sm_89", 128, 2.520e9, 82.6e12, 1.29e12},
           Product{"H200", "sm_90", 132, 1.980e9, 66.9e12, 33.5e12},
           Product{"RTX 5090", "sm_120", 170, 2.407e9, 104.8e12, 1.64e12},
       }) {
    const Device device = gpu(product.architecture, product.sms, product.boost_hz);
    EXPECT_NEAR(specified(device, Precision::f32) / product.f32, 1, 0.006) << product.name;
    if (product.f64 > 0) {
      EXPECT_NEAR(specified(device, Precision::f64) / product.f64, 1, 0.009) << product.name;
    }
  }
}

TEST(Peak, IsTwoTimesNTimesC) {
  const Device p40 = gpu("sm_61", 30, 1.531e9);
  EXPECT_EQ(specified(p40, Precision::f32), 2.0 * 30 * 128 * 1.531e9);  // 1.176e13
  EXPECT_EQ(specified(p40, Precision::f64), 2.0 * 30 * 4 * 1.531e9);
}

TEST(Peak, OfAZen5Host) {
  Device host = gpu("zen5", 2, 3.0e9);
  host.backend = "host";
  EXPECT_EQ(specified(host, Precision::f32), 2.0 * 2 * 32 * 3.0e9);
  EXPECT_EQ(specified(host, Precision::f64), 2.0 * 2 * 16 * 3.0e9);
}

TEST(Peak, OfF64OnTensorUnits) {
  const auto tensor = [](const Device& device, Precision precision) {
    const auto peak = peak_of(device, Bound::compute, precision, Units::tensor);
    return peak ? peak->specified().value_or(0) : 0;
  };
  EXPECT_NEAR(tensor(gpu("sm_80", 108, 1.410e9), Precision::f64) / 19.5e12, 1, 0.006);
  EXPECT_NEAR(tensor(gpu("sm_90", 132, 1.980e9), Precision::f64) / 66.9e12, 1, 0.006);
  EXPECT_NEAR(tensor(gpu("sm_100", 148, 1.965e9), Precision::f64) / 37e12, 1, 0.01);
  // Where there are none, the vector units bound whatever may use either; nothing is invented.
  const Device p40 = gpu("sm_61", 30, 1.531e9);
  EXPECT_EQ(tensor(p40, Precision::f64), specified(p40, Precision::f64));
  const Device h200 = gpu("sm_90", 132, 1.980e9);
  EXPECT_EQ(tensor(h200, Precision::f32), specified(h200, Precision::f32));
  EXPECT_FALSE(fma_rate("sm_90", Precision::f32, Units::tensor));
  EXPECT_FALSE(peak_of(gpu("sm_999", 1, 1e9), Bound::compute, Precision::f64, Units::tensor));
}

TEST(Peak, CanBeRestatedAtAnotherClock) {
  const auto peak = peak_of(gpu("sm_90", 132, 1.98e9), Bound::compute, Precision::f32);
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->at(1.5e9), 2.0 * 132 * 128 * 1.5e9);
}

TEST(Peak, NamesItsSources) {
  const auto gpu_peak = peak_of(gpu("sm_90", 132, 1.98e9), Bound::compute, Precision::f64);
  ASSERT_TRUE(gpu_peak);
  EXPECT_EQ(gpu_peak->n_source.find("132 SMs (driver) x 64 f64 FMA per clock (sm_90: CUDA"), 0u)
      << gpu_peak->n_source;
  EXPECT_EQ(gpu_peak->specified_clock_hz.source, "data sheet");
  Device host = gpu("zen5", 4, 3e9);
  host.backend = "host";
  EXPECT_NE(peak_of(host, Bound::compute, Precision::f32)->n_source.find("4 cores"),
            std::string::npos);
}

TEST(Peak, FallsBackToTheMaximumClockAndNoFurther) {
  Device device = gpu("sm_90", 132, 1.98e9);
  device.clock_specified_hz = {};
  device.clock_maximum_hz = {1.0e9, "driver"};
  EXPECT_EQ(specified(device, Precision::f32), 2.0 * 132 * 128 * 1.0e9);
  device.clock_maximum_hz = {};
  const auto peak = peak_of(device, Bound::compute, Precision::f32);
  ASSERT_TRUE(peak);  // 2·N is known, C is not
  EXPECT_EQ(peak->per_clock, 2.0 * 132 * 128);
  EXPECT_FALSE(peak->specified());
}

TEST(Peak, IsUnknownForAnUnknownArchitecture) {
  for (const char* architecture : {"", "sm_130", "sm_999", "zen6", "SM_90", "sm_9"}) {
    EXPECT_FALSE(peak_of(gpu(architecture, 132, 1.98e9), Bound::compute, Precision::f32))
        << architecture;
    EXPECT_FALSE(fma_rate(architecture, Precision::f64)) << architecture;
  }
}

TEST(Peak, IsUnknownWithoutComputeUnits) {
  EXPECT_FALSE(peak_of(gpu("sm_90", 0, 1.98e9), Bound::compute, Precision::f32));
}

TEST(MemoryPeak, IsTheBandwidthWhateverTheClock) {
  Device device = gpu("unknown", 0, 1.98e9);
  device.memory_bytes_per_s = {4.8e12, "data sheet"};
  const auto peak = peak_of(device, Bound::memory, Precision::f32);
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->specified(), 4.8e12);
  EXPECT_EQ(peak->n_source, "data sheet");
}

TEST(MemoryPeak, IsUnknownWithoutABandwidth) {
  EXPECT_FALSE(peak_of(gpu("sm_90", 132, 1.98e9), Bound::memory, Precision::f32));
}

TEST(LinkPeak, IsTheLinksOwnAndTwiceThatBothWays) {
  Device device = gpu("sm_90", 132, 1.98e9);
  device.memory_bytes_per_s = {4.8e12, "data sheet"};
  for (const Bound bound : {Bound::link, Bound::link_both_ways, Bound::link_to_peer}) {
    EXPECT_FALSE(peak_of(device, bound, Precision::f32)) << to_string(bound);
  }
  device.link_bytes_per_s = {60e9, "a slot"};
  EXPECT_EQ(peak_of(device, Bound::link, Precision::f32)->specified(), 60e9);
  EXPECT_EQ(peak_of(device, Bound::link, Precision::f32)->n_source, "a slot");
  EXPECT_EQ(peak_of(device, Bound::link_both_ways, Precision::f32)->specified(), 120e9);
  EXPECT_EQ(peak_of(device, Bound::link_both_ways, Precision::f32)->n_source, "2 x a slot");
  EXPECT_FALSE(peak_of(device, Bound::link_to_peer, Precision::f32)) << "it may be another link";
}

TEST(LatencyPeak, DoesNotExist) {
  Device device = gpu("sm_90", 132, 1.98e9);
  device.memory_bytes_per_s = {4.8e12, "data sheet"};
  device.link_bytes_per_s = {60e9, "a slot"};
  EXPECT_FALSE(peak_of(device, Bound::latency, Precision::f32));
}

TEST(Rates, DataCentreBlackwellHasFfmaAndItsPairsAtOneRate) {
  for (const char* architecture : {"sm_100", "sm_103"}) {
    const Device device = gpu(architecture, 148, 1.965e9);
    const auto of = [&](std::string_view instruction) {
      return peak_of(device, Bound::compute, Precision::f32, Units::vector, instruction).value();
    };
    EXPECT_EQ(of("").instruction, "FFMA") << architecture;
    EXPECT_EQ(of("FFMA").instruction, "FFMA");
    EXPECT_EQ(of("FFMA2").instruction, "FFMA2");
    EXPECT_EQ(of("FFMA2").per_clock, of("FFMA").per_clock);
    EXPECT_EQ(of("no such").instruction, "FFMA");
  }
  const Device rtx = gpu("sm_120", 170, 2.407e9);
  EXPECT_EQ(
      peak_of(rtx, Bound::compute, Precision::f32, Units::vector, "FFMA2").value().instruction,
      "FFMA");
}

TEST(Rates, EachHasASourceAndF64AtMostHalfOfF32) {
  for (const char* architecture :
       {"sm_60",       "sm_61",       "sm_62",       "sm_70",       "sm_75",
        "sm_80",       "sm_86",       "sm_87",       "sm_89",       "sm_90",
        "sm_100",      "sm_120",      "sm_121",      "zen",         "zen2",
        "zen3",        "zen4",        "zen5",        "zen5_mobile", "haswell",
        "skylake",     "skylake_sp",  "icelake",     "icelake_sp",  "sapphire_rapids",
        "neoverse_n1", "neoverse_n2", "neoverse_v1", "neoverse_v2", "cortex_a78ae",
        "cortex_a720"}) {
    const auto f32 = fma_rate(architecture, Precision::f32);
    const auto f64 = fma_rate(architecture, Precision::f64);
    ASSERT_TRUE(f32 && f64) << architecture;
    EXPECT_FALSE(f32->source.empty()) << architecture;
    EXPECT_GT(f64->fma_per_unit_and_clock, 0) << architecture;
    EXPECT_LE(2 * f64->fma_per_unit_and_clock, f32->fma_per_unit_and_clock) << architecture;
  }
}

}  // namespace
}  // namespace derate
