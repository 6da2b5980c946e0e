// SPDX-License-Identifier: Apache-2.0
// Peaks recomputed from SMs, rates and clocks against what the vendor prints, for every product.
#include "derate/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "derate/peak.h"

namespace derate {
namespace {

/// TFLOP/s (TOPS for int8) as on the data sheet; the f16 figure of GeForce accumulates in f32.
struct Printed {
  const char* product;
  double f32;
  double f64_tensor;
  double tf32;
  double f16;
  double fp8;
  double fp4;
  double i8;
};

constexpr Printed kPrinted[] = {
    {"Tesla P40", 11.76, 0, 0, 0, 0, 0, 0},
    {"P100 SXM2", 10.6, 0, 0, 0, 0, 0, 0},
    {"P100 PCIe", 9.3, 0, 0, 0, 0, 0, 0},
    {"V100 SXM2", 15.7, 0, 0, 125, 0, 0, 0},
    {"V100 PCIe", 14.1, 0, 0, 113, 0, 0, 0},
    {"T4", 8.1, 0, 0, 65, 0, 0, 130},
    {"A100 SXM 80GB", 19.5, 19.5, 156, 312, 0, 0, 624},
    {"A30", 10.3, 10.3, 82, 165, 0, 0, 330},
    {"A10", 31.2, 0, 62.5, 125, 0, 0, 250},
    {"L4", 30.3, 0, 60.5, 121, 242, 0, 242},
    {"L40S", 91.6, 0, 183, 366, 733, 0, 733},
    {"H100 SXM", 66.9, 66.9, 494.7, 989.4, 1978.9, 0, 1978.9},
    {"H100 PCIe", 51.2, 51.2, 378, 756, 1513, 0, 1513},
    {"H200", 66.9, 66.9, 494.7, 989.4, 1978.9, 0, 1978.9},
    {"B200", 74.45, 37, 1125, 2250, 4500, 9000, 4500},
    {"GTX 1080", 8.87, 0, 0, 0, 0, 0, 0},
    {"GTX 1080 Ti", 11.34, 0, 0, 0, 0, 0, 0},
    {"RTX 2080 Ti", 13.45, 0, 0, 53.8, 0, 0, 0},
    {"RTX 3080", 29.8, 0, 0, 59.5, 0, 0, 0},
    {"RTX 3090", 35.6, 0, 0, 71, 0, 0, 0},
    {"RTX 4080", 48.7, 0, 0, 97.5, 0, 0, 0},
    {"RTX 4090", 82.6, 0, 0, 165.2, 330.3, 0, 660.6},
    {"RTX 5090", 104.8, 0, 0, 209.5, 419, 1676, 838},
    {"Jetson AGX Xavier", 1.41, 0, 0, 11.2, 0, 0, 22.5},
    {"Jetson AGX Orin", 5.32, 0, 0, 42.5, 0, 0, 85},
    {"Jetson Orin NX", 1.88, 0, 0, 0, 0, 0, 0},
};

/// In tera-operations at the clock of the data sheet; 0 where there is no such rate.
double peak(const Device& device, Units units, Precision operands) {
  const auto rate = fma_rate(device.architecture, operands, units, product_class_of(device.name));
  return rate ? peak_of(device, *rate).specified().value_or(0) / 1e12 : 0;
}

TEST(Product, MeetsEveryFigureOfItsDataSheetWithinOnePercent) {
  for (const Printed& printed : kPrinted) {
    const auto found = find_products(printed.product);
    ASSERT_EQ(found.size(), 1u) << printed.product;
    const Device device = device_of(*found.front());
    const std::map<std::string, std::pair<double, double>> figures = {
        {"f32", {printed.f32, peak(device, Units::vector, Precision::f32)}},
        {"f64 tensor", {printed.f64_tensor, peak(device, Units::tensor, Precision::f64)}},
        {"tf32", {printed.tf32, peak(device, Units::tensor, Precision::tf32)}},
        {"f16", {printed.f16, peak(device, Units::tensor, Precision::f16)}},
        {"fp8", {printed.fp8, peak(device, Units::tensor, Precision::fp8)}},
        {"fp4", {printed.fp4, peak(device, Units::tensor, Precision::fp4)}},
        {"i8", {printed.i8, peak(device, Units::tensor, Precision::i8)}}};
    for (const auto& [name, figure] : figures) {
      if (figure.first == 0) continue;
      EXPECT_NEAR(figure.second / figure.first, 1, 0.01) << printed.product << " " << name;
    }
  }
}

TEST(Product, FoundingExampleIsExact) {
  const Device p40 = device_of(*find_products("Tesla P40").front());
  const auto peak = peak_of(p40, Bound::compute, Precision::f32);
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->per_clock, 2.0 * 3840);
  EXPECT_DOUBLE_EQ(*peak->specified(), 3840 * 1.531e9 * 2);
}

TEST(Product, TensorFiguresOfHopperAreAtAClockOfTheirOwn) {
  const Device h200 = device_of(*find_products("H200").front());
  const auto at = [&](Units units, Precision precision) {
    return peak_of(h200, Bound::compute, precision, units)->specified_clock_hz.value;
  };
  EXPECT_EQ(at(Units::vector, Precision::f32), 1.98e9);
  EXPECT_EQ(at(Units::tensor, Precision::f64), 1.98e9);
  EXPECT_EQ(at(Units::tensor, Precision::bf16), 1.83e9);
}

TEST(Product, IsFoundByWhatPeopleCallIt) {
  EXPECT_EQ(find_products("NVIDIA H200").front()->name, "H200");
  EXPECT_EQ(find_products("geforce rtx 4090").front()->name, "RTX 4090");
  EXPECT_EQ(find_products("p40").front()->name, "Tesla P40");
  EXPECT_EQ(find_products("A100").size(), 4u);
  EXPECT_TRUE(find_products("H300").empty());
  EXPECT_TRUE(find_products("").empty());
}

TEST(Product, DriverNameIsMatchedExactly) {
  EXPECT_NE(product_of_driver_name("NVIDIA H200"), nullptr);
  for (const char* other : {"", "H200", "NVIDIA H200 NVL", "NVIDIA H200 MIG 1g.18gb"}) {
    EXPECT_EQ(product_of_driver_name(other), nullptr) << other;
  }
}

TEST(Product, TableIsWellFormed) {
  std::set<std::string_view> names;
  for (const Product& product : products()) {
    EXPECT_TRUE(names.insert(product.name).second) << product.name;
    if (!product.driver_name.empty()) {
      EXPECT_TRUE(names.insert(product.driver_name).second || product.name == product.driver_name)
          << product.driver_name;
      EXPECT_EQ(product_class_of(product.driver_name), product.product_class) << product.name;
    }
    EXPECT_FALSE(rates_of(std::string(product.architecture), product.product_class).empty());
    EXPECT_GT(product.memory_gb_per_s, 0);
  }
}

TEST(Rate, OfAnUnknownChipIsUnknown) {
  for (const char* architecture : {"", "sm_00", "sm_110", "sm_200", "zen9"}) {
    EXPECT_TRUE(rates_of(architecture, ProductClass::professional).empty()) << architecture;
  }
}

TEST(Rate, GeForceHalvesWhatAccumulatesInF32) {
  const auto rate = [](ProductClass product_class) {
    return fma_rate("sm_89", Precision::f16, Units::tensor, product_class)->fma_per_unit_and_clock;
  };
  EXPECT_EQ(rate(ProductClass::professional), 2 * rate(ProductClass::geforce));
}

TEST(Rate, HasASourceAndIsDenseOnly) {
  for (const Product& product : products()) {
    for (const Rate& rate : rates_of(std::string(product.architecture), product.product_class)) {
      EXPECT_FALSE(rate.source.empty());
      EXPECT_GT(rate.fma_per_unit_and_clock, 0);
    }
  }
}

}  // namespace
}  // namespace derate
