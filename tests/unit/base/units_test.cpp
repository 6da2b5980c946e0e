// SPDX-License-Identifier: Apache-2.0
// Every label, and the values at which a prefix or a digit changes.
#include "base/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace derate {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(FormatFlops, EveryPrefix) {
  EXPECT_EQ(format_flops(1), "1.000 FLOP/s");
  EXPECT_EQ(format_flops(12.3e3), "12.30 kFLOP/s");
  EXPECT_EQ(format_flops(4.5e6), "4.500 MFLOP/s");
  EXPECT_EQ(format_flops(412.3e9), "412.3 GFLOP/s");
  EXPECT_EQ(format_flops(66.9e12), "66.90 TFLOP/s");
  EXPECT_EQ(format_flops(1.979e15), "1.979 PFLOP/s");
  EXPECT_EQ(format_flops(1.1e18), "1.100 EFLOP/s");
  EXPECT_EQ(format_flops(5e21), "5000.0 EFLOP/s");  // no prefix beyond exa
}

TEST(FormatBandwidth, IsDecimal) {
  EXPECT_EQ(format_bandwidth(1e9), "1.000 GB/s");
  EXPECT_EQ(format_bandwidth(4.8e12), "4.800 TB/s");
}

TEST(FormatRate, FollowsTheBound) {
  EXPECT_EQ(format_rate(2e12, Bound::compute), "2.000 TFLOP/s");
  EXPECT_EQ(format_rate(2e12, Bound::memory), "2.000 TB/s");
  EXPECT_EQ(format_rate(2e12, Bound::compute, "f32"), "2.000 TFLOP/s");
  EXPECT_EQ(format_rate(2e12, Bound::compute, "i8"), "2.000 TOP/s");
  EXPECT_EQ(format_rate(2e12, Bound::memory, "i32"), "2.000 TB/s");
  EXPECT_EQ(format_rate(55e9, Bound::link), "55.00 GB/s");
  EXPECT_EQ(format_rate(110e9, Bound::link_both_ways), "110.0 GB/s");
  EXPECT_EQ(format_rate(400e9, Bound::link_to_peer), "400.0 GB/s");
  EXPECT_EQ(format_rate(400e3, Bound::latency, "i32"), "2.500 µs");
  EXPECT_EQ(format_rate(2e12, Bound::cache), "2.000 TB/s");
  EXPECT_EQ(format_rate(1e7, Bound::latency, "i64"), "100.0 ns");
}

TEST(FormatBytes, IsDecimal) {
  EXPECT_EQ(format_bytes(512), "512.0 B");
  EXPECT_EQ(format_bytes(32e6), "32.00 MB");
  EXPECT_EQ(format_bytes(1024), "1.024 kB");
}

TEST(FormatFrequency, GigahertzAndMegahertz) {
  EXPECT_EQ(format_frequency(1.98e9), "1.980 GHz");
  EXPECT_EQ(format_frequency(345e6), "345.0 MHz");
}

TEST(FormatTime, FromPicosecondsOn) {
  EXPECT_EQ(format_time(2), "2.000 s");
  EXPECT_EQ(format_time(4.5e-3), "4.500 ms");
  EXPECT_EQ(format_time(12.35e-6), "12.35 µs");
  EXPECT_EQ(format_time(831e-9), "831.0 ns");
  EXPECT_EQ(format_time(2.5e-12), "2.500 ps");
  EXPECT_EQ(format_time(2.5e-15), "0.003 ps");  // no prefix below pico
  EXPECT_EQ(format_time(7200), "7.200 ks");
}

TEST(FormatEnergy, IsPerUnitOfWorkWithOnePrefixForAll) {
  const Estimate energy = {0.912e-12, {0.88e-12, 0.9444e-12, 0.95}};
  EXPECT_EQ(format_energy(energy, Bound::compute, "bf16"), "0.912 [0.880, 0.944] pJ/FLOP");
  EXPECT_EQ(format_energy(energy, Bound::compute, "i8"), "0.912 [0.880, 0.944] pJ/OP");
  const Estimate more = {125e-12, {119e-12, 1131e-12, 0.95}};
  EXPECT_EQ(format_energy(more, Bound::memory, "f32"), "125.0 [119.0, 1131.0] pJ/B");
  EXPECT_EQ(format_energy(more, Bound::link, "f32"), "125.0 [119.0, 1131.0] pJ/B");
  const Estimate step = {75e-6, {70e-6, 80e-6, 0.95}};
  EXPECT_EQ(format_energy(step, Bound::latency, "i64"), "75.00 [70.00, 80.00] µJ/step");
  EXPECT_EQ(format_energy({kUnknown, {}}, Bound::compute, "f32"), "–");
}

TEST(FormatPercent, Digits) {
  EXPECT_EQ(format_percent(0.977), "97.7 %");
  EXPECT_EQ(format_percent(0.9766, 0), "98 %");
  EXPECT_EQ(format_percent(0.00126, 2), "0.13 %");
  EXPECT_EQ(format_percent(1.123), "112.3 %");  // a derate factor above 1 is shown, not clamped
  EXPECT_EQ(format_percent(-0.05), "-5.0 %");
  EXPECT_EQ(format_percent(0), "0.0 %");
}

TEST(Rounding, NeverShowsAThousandOfAPrefix) {
  EXPECT_EQ(format_bytes(999.94), "999.9 B");
  EXPECT_EQ(format_bytes(999.95), "1.000 kB");
  EXPECT_EQ(format_bytes(999.96), "1.000 kB");
  EXPECT_EQ(format_bytes(999.96e3), "1.000 MB");
  EXPECT_EQ(format_bytes(std::nextafter(999.95e6, 0)), "999.9 MB");
  EXPECT_EQ(format_time(0.99994), "999.9 ms");
  EXPECT_EQ(format_time(0.99996), "1.000 s");
}

TEST(Rounding, KeepsFourDigits) {
  EXPECT_EQ(format_bytes(9.9994), "9.999 B");
  EXPECT_EQ(format_bytes(9.9996), "10.00 B");
  EXPECT_EQ(format_bytes(99.994), "99.99 B");
  EXPECT_EQ(format_bytes(99.996), "100.0 B");
}

TEST(Duration, IsInTheUnitThatPeoplePlanIn) {
  EXPECT_EQ(format_duration(0.0744), "74.40 ms");
  EXPECT_EQ(format_duration(1), "1 s");
  EXPECT_EQ(format_duration(90), "1.5 min");
  EXPECT_EQ(format_duration(3600), "1 h");
  EXPECT_EQ(format_duration(158189), "1.83 days");
  EXPECT_EQ(format_duration(365 * 86400.0), "1 years");
  EXPECT_EQ(format_duration(999.7 * 365 * 86400), "1000 years");
  EXPECT_EQ(format_duration(1e15 * 365 * 86400), "1e+15 years");
  EXPECT_EQ(format_duration(std::nan("")), "–");
  EXPECT_EQ(format_duration(INFINITY), "never");
}

TEST(Unusual, UnknownIsADash) {
  for (const std::string& text :
       {format_flops(kNan), format_bandwidth(kNan), format_bytes(kNan), format_frequency(kNan),
        format_time(kNan), format_percent(kNan), format_rate(kNan, Bound::memory)}) {
    EXPECT_EQ(text, "–");
  }
}

TEST(Unusual, ZeroAndNegative) {
  EXPECT_EQ(format_bytes(0), "0.000 B");
  EXPECT_EQ(format_time(-1.5e-3), "-1.500 ms");
  EXPECT_EQ(format_bandwidth(-999.96e6), "-1.000 GB/s");
}

}  // namespace
}  // namespace derate
