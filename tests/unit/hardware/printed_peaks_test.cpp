// SPDX-License-Identifier: Apache-2.0
// Printed peaks are read as they are written, or not at all; only products without units live by
// them.
#include "hardware/printed_peaks.h"

#include <gtest/gtest.h>

namespace derate {
namespace {

void expect_peak(const PrintedPeak& peak, Units units, Precision operands, Precision accumulator,
                 double flop_per_s) {
  EXPECT_EQ(peak.units, units);
  EXPECT_EQ(peak.operands, operands);
  EXPECT_EQ(peak.accumulator, accumulator);
  EXPECT_DOUBLE_EQ(peak.flop_per_s, flop_per_s);
}

TEST(PrintedPeaks, AreReadWithTheAccumulatorThatIsUsual) {
  const auto peaks = parse_printed_peaks("f64 9.7; tensor f64 19.5; tensor bf16 312; i8 47");
  ASSERT_TRUE(peaks && peaks->size() == 4);
  expect_peak((*peaks)[0], Units::vector, Precision::f64, Precision::f64, 9.7e12);
  expect_peak((*peaks)[1], Units::tensor, Precision::f64, Precision::f64, 19.5e12);
  expect_peak((*peaks)[2], Units::tensor, Precision::bf16, Precision::f32, 312e12);
  expect_peak((*peaks)[3], Units::vector, Precision::i8, Precision::i32, 47e12);
}

TEST(PrintedPeaks, AreReadWithTheAccumulatorThatIsSaid) {
  const auto peaks = parse_printed_peaks("tensor f16>f16 107.6");
  ASSERT_TRUE(peaks && peaks->size() == 1);
  expect_peak(peaks->front(), Units::tensor, Precision::f16, Precision::f16, 107.6e12);
}

TEST(PrintedPeaks, OfAnotherFormAreNone) {
  EXPECT_TRUE(parse_printed_peaks("")->empty());
  for (const char* bad : {"f16", "f16 ", "16", "tensor 16", "f99 1", "f16>f99 1", "f16 x", "f16 1x",
                          "f16 -1", "f16 0", "f16 1 2", "f16 1;;f64 1", "tensor"}) {
    EXPECT_FALSE(parse_printed_peaks(bad).has_value()) << bad;
  }
}

TEST(PrintedPeaks, AreRatesOnlyOfProductsWithoutUnits) {
  Product product;
  product.printed_tflops = "tensor bf16 190; tensor i8 380";
  const std::vector<Rate> rates = printed_rates_of(product);
  ASSERT_EQ(rates.size(), 2U);
  EXPECT_TRUE(is_as_printed(rates.front()));
  EXPECT_EQ(2 * rates.front().fma_per_unit_and_clock, 190e12);
  product.compute_units = 8;
  EXPECT_TRUE(printed_rates_of(product).empty());
}

}  // namespace
}  // namespace derate
