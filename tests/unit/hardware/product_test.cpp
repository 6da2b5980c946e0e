// SPDX-License-Identifier: Apache-2.0
// Peaks recomputed from SMs, rates and clocks against what the vendor prints, for every product.
#include "hardware/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "derate/error.h"
#include "hardware/peak.h"

namespace derate {
namespace {

/// What a printed figure is of.
struct Kind {
  Units units;
  Precision operands;
  Precision accumulator;
};

constexpr Kind kF64{Units::vector, Precision::f64, Precision::f64};
constexpr Kind kF32{Units::vector, Precision::f32, Precision::f32};
constexpr Kind kF16{Units::vector, Precision::f16, Precision::f16};
constexpr Kind kDp4a{Units::vector, Precision::i8, Precision::i32};
constexpr Kind kTensorF64{Units::tensor, Precision::f64, Precision::f64};
constexpr Kind kTf32{Units::tensor, Precision::tf32, Precision::f32};
constexpr Kind kF16IntoF32{Units::tensor, Precision::f16, Precision::f32};
constexpr Kind kF16IntoF16{Units::tensor, Precision::f16, Precision::f16};
constexpr Kind kBf16{Units::tensor, Precision::bf16, Precision::f32};
constexpr Kind kFp8{Units::tensor, Precision::fp8, Precision::f32};
constexpr Kind kFp8IntoF16{Units::tensor, Precision::fp8, Precision::f16};
constexpr Kind kFp4{Units::tensor, Precision::fp4, Precision::f32};
constexpr Kind kInt8{Units::tensor, Precision::i8, Precision::i32};

/// TFLOP/s (TOPS for integers), dense, as the vendor prints them.
struct Printed {
  const char* product;
  std::vector<std::pair<Kind, double>> figures;
};

std::vector<std::pair<Kind, double>> a100() {
  return {{kF64, 9.7},  {kF32, 19.5},       {kTensorF64, 19.5}, {kTf32, 156},
          {kBf16, 312}, {kF16IntoF32, 312}, {kInt8, 624}};
}

std::vector<std::pair<Kind, double>> hopper_sxm() {
  return {{kF32, 66.9},   {kTensorF64, 66.9}, {kTf32, 494.7}, {kF16IntoF32, 989.4},
          {kBf16, 989.4}, {kFp8, 1978.9},     {kInt8, 1978.9}};
}

// L40S: its sheet also prints 362 for f16, which contradicts its own 733 for sparse operands; half
// of that is here. GeForce: figures into f32 and into f16 stand side by side in the white papers.
const std::vector<Printed> kPrinted = {
    {"GTX 285", {{kF32, 0.7085}}},  // the multiply-adds alone
    {"GTX 480", {{kF32, 1.345}}},
    {"GTX 590", {{kF32, 2.488}}},
    {"GTX 680", {{kF32, 3.25}}},  // this and the next two at the boost clock
    {"GTX 780 Ti", {{kF32, 5.345}}},
    {"GTX 980", {{kF32, 4.981}}},
    {"Jetson TX2", {{kF16, 1.33}}},
    {"Core i7-8700K", {}},  // Intel prints none
    {"Tesla P40", {{kF32, 11.76}, {kDp4a, 47}}},
    {"P100 SXM2", {{kF32, 10.6}, {kF16, 21.2}, {kF64, 5.3}}},
    {"P100 PCIe", {{kF32, 9.3}, {kF16, 18.7}, {kF64, 4.7}}},
    {"V100 SXM2", {{kF32, 15.7}, {kF64, 7.8}, {kF16IntoF32, 125}}},
    {"V100 SXM2 32GB", {{kF32, 15.7}, {kF64, 7.8}, {kF16IntoF32, 125}}},
    {"V100 PCIe", {{kF32, 14.0}, {kF16IntoF32, 112}}},
    {"T4", {{kF32, 8.1}, {kF16IntoF32, 65}, {kInt8, 130}}},
    {"A100 SXM 40GB", a100()},
    {"A100 SXM 80GB", a100()},
    {"A100 PCIe 40GB", a100()},
    {"A100 PCIe 80GB", a100()},
    {"A30", {{kF32, 10.3}, {kTensorF64, 10.3}, {kTf32, 82}, {kF16IntoF32, 165}, {kInt8, 330}}},
    {"A10", {{kF32, 31.2}, {kTf32, 62.5}, {kF16IntoF32, 125}, {kInt8, 250}}},
    {"L4", {{kF32, 30.3}, {kTf32, 60}, {kF16IntoF32, 121}, {kFp8, 242}, {kInt8, 242}}},
    {"L40S", {{kF32, 91.6}, {kTf32, 183}, {kF16IntoF32, 366.5}, {kFp8, 733}, {kInt8, 733}}},
    {"H100 SXM", hopper_sxm()},
    {"H100 PCIe",
     {{kF32, 51.2}, {kTensorF64, 51.2}, {kTf32, 378}, {kBf16, 756}, {kFp8, 1513}, {kInt8, 1513}}},
    {"H200", hopper_sxm()},
    {"B200",
     {{kF32, 75}, {kTensorF64, 37}, {kTf32, 1125}, {kBf16, 2250}, {kFp8, 4500}, {kFp4, 9000}}},
    {"GTX 1080", {{kF32, 8.87}}},
    {"GTX 1080 Ti", {{kF32, 11.3}}},
    {"RTX 2080 Ti", {{kF32, 13.45}, {kF16IntoF32, 53.8}, {kF16IntoF16, 107.6}}},
    {"RTX 2080 Ti FE", {{kF32, 14.2}, {kF16IntoF32, 56.9}, {kF16IntoF16, 113.8}}},
    {"RTX 3080", {{kF32, 29.8}, {kF16IntoF32, 59.5}, {kF16IntoF16, 119}}},
    {"RTX 3090", {{kF32, 35.6}, {kF16IntoF32, 71}, {kF16IntoF16, 142}}},
    {"RTX 4080", {{kF32, 48.7}, {kF16IntoF32, 97.5}, {kF16IntoF16, 194.9}}},
    {"RTX 4090",
     {{kF32, 82.6},
      {kF16IntoF32, 165.2},
      {kF16IntoF16, 330.3},
      {kFp8, 330.3},
      {kFp8IntoF16, 660.6},
      {kInt8, 660.6}}},
    {"RTX 5090",
     {{kF32, 104.8},
      {kF16IntoF32, 209.5},
      {kF16IntoF16, 419},
      {kFp8, 419},
      {kFp8IntoF16, 838},
      {kFp4, 1676},
      {kInt8, 838}}},
    {"Jetson AGX Xavier", {{kF32, 1.41}}},
    {"Jetson AGX Orin", {{kF32, 5.3}, {kF16IntoF32, 42.5}, {kInt8, 85}}},
    {"Jetson Orin NX", {{kF32, 1.88}}},
};

/// In tera-operations a second at the clock of the data sheet; 0 where there is no such rate.
double peak(const Device& device, const Kind& kind) {
  for (const Rate& rate : rates_of(device.architecture, product_class_of(device.name))) {
    if (rate.units != kind.units || rate.operands != kind.operands) continue;
    if (rate.accumulator != kind.accumulator) continue;
    return peak_of(device, rate).specified().value_or(0) / 1e12;
  }
  return 0;
}

Device device_named(const char* product) {
  const std::vector<const Product*> found = find_products(product);
  EXPECT_EQ(found.size(), 1u) << product;
  return found.empty() ? Device{} : device_of(*found.front());
}

TEST(Product, MeetsEveryFigureOfItsDataSheetWithinOnePercent) {
  for (const Printed& printed : kPrinted) {
    const Device device = device_named(printed.product);
    for (const auto& [kind, figure] : printed.figures) {
      EXPECT_NEAR(peak(device, kind) / figure, 1, 0.01)
          << printed.product << ": " << to_string(kind.units) << " " << to_string(kind.operands)
          << " into " << to_string(kind.accumulator);
    }
  }
}

TEST(Product, IsHeldToFiguresOfItsDataSheetWhicheverItIs) {
  std::set<std::string_view> held;
  for (const Printed& printed : kPrinted) held.insert(printed.product);
  for (const Product& product : products())
    EXPECT_TRUE(held.contains(product.name)) << product.name;
}

TEST(Product, XavierIsPrintedInWholeNumbersCutOff) {
  const Device xavier = device_named("Jetson AGX Xavier");
  EXPECT_EQ(std::floor(peak(xavier, kF16IntoF32)), 11);
  EXPECT_EQ(std::floor(peak(xavier, kInt8)), 22);
}

double peak_f32_at(const Product& product, double mhz) { return 2 * cores_of(product) * mhz * 1e6; }

TEST(Catalog, TwoNCIsWhatIsPrintedOrTheNoteSaysWhyNot) {
  for (const Product& product : products()) {
    const double printed = product.printed_f32_gflops * 1e9;
    if (printed == 0) continue;
    const double difference = peak_of_product(product, Precision::f32) / printed - 1;
    EXPECT_TRUE(std::abs(difference) < 0.01 || !product.note.empty()) << product.name;
  }
}

TEST(Catalog, DifferencesAreWhatTheirNotesSay) {
  const Product& gtx285 = product_named("GTX 285");
  EXPECT_NEAR(1.5 * peak_f32_at(gtx285, gtx285.boost_mhz) / 1063e9, 1, 0.001);
  for (const char* name : {"GTX 680", "GTX 780 Ti", "GTX 980"}) {
    const Product& product = product_named(name);
    EXPECT_NEAR(peak_f32_at(product, product.base_mhz) / (product.printed_f32_gflops * 1e9), 1,
                0.001)
        << name;
    EXPECT_EQ(peak_of_product(product, Precision::f32), peak_f32_at(product, product.boost_mhz));
  }
  const Product& gtx1080 = product_named("GTX 1080");
  EXPECT_EQ(std::ceil(peak_of_product(gtx1080, Precision::f32) / 1e12), 9);
  // 780 and 390 are of sparse operands; what is dense is half.
  const Product& rtx4080 = product_named("RTX 4080");
  EXPECT_NEAR(peak_of_product(rtx4080, Precision::i8) / (780e12 / 2), 1, 0.001);
  EXPECT_NEAR(peak(device_of(rtx4080), kF16IntoF16) / (390.0 / 2), 1, 0.001);
}

TEST(Catalog, NoClockOfTheCpuGives218) {
  const Product& cpu = product_named("Core i7-8700K");
  EXPECT_EQ(cpu.compute_units, 6);
  EXPECT_DOUBLE_EQ(peak_of_product(cpu, Precision::f32), 6 * 32 * 3.7e9);
  EXPECT_DOUBLE_EQ(peak_of_product(cpu, Precision::f64), 6 * 16 * 3.7e9);
  for (const double ghz : {3.7, 4.3, 4.7}) {    // nominal, all cores, one core
    for (const double flop : {32, 16, 8, 4}) {  // f32 and f64, with and without FMA, SSE
      EXPECT_GT(std::abs(6 * flop * ghz / 218 - 1), 0.03) << ghz << " " << flop;
    }
  }
  EXPECT_EQ(device_of(cpu).backend, "host");
}

TEST(Catalog, HoldsTheFiguresThatUsersCheck) {
  struct Checked {
    const char* name;
    double cores;
    double tdp_w;
    int year;
    double price_usd;
  };
  for (const Checked& checked :
       {Checked{"GTX 285", 240, 0, 0, 0}, Checked{"GTX 480", 480, 250, 2010, 0},
        Checked{"GTX 590", 1024, 365, 2011, 0}, Checked{"GTX 680", 1536, 195, 2012, 0},
        Checked{"GTX 780 Ti", 2880, 250, 2013, 0}, Checked{"GTX 980", 2048, 165, 2014, 549},
        Checked{"GTX 1080", 2560, 180, 2016, 599}, Checked{"GTX 1080 Ti", 3584, 250, 2017, 699},
        Checked{"RTX 2080 Ti", 4352, 250, 2018, 999}, Checked{"RTX 3080", 8704, 320, 2020, 699},
        Checked{"RTX 4080", 9728, 320, 2022, 1199}, Checked{"Tesla P40", 3840, 250, 2016, 0},
        Checked{"Core i7-8700K", 6, 95, 2017, 0}}) {
    const Product& product = product_named(checked.name);
    EXPECT_EQ(cores_of(product), checked.cores) << checked.name;
    if (checked.tdp_w > 0) {
      EXPECT_EQ(product.tdp_w, checked.tdp_w) << checked.name;
    }
    if (checked.year > 0) {
      EXPECT_EQ(product.year, checked.year) << checked.name;
    }
    if (checked.price_usd > 0) {
      EXPECT_EQ(product.price_usd, checked.price_usd) << checked.name;
    }
  }
}

TEST(Catalog, OffersTheNearestNames) {
  EXPECT_EQ(nearest_products("H300").front(), "H200");
  EXPECT_EQ(nearest_products("Tesla P41").front(), "Tesla P40");
  EXPECT_EQ(nearest_products("geforce gtx 1080ti").front(), "GTX 1080 Ti");
  EXPECT_EQ(nearest_products("", 1).size(), 1u);
  EXPECT_EQ(nearest_products(std::string(100000, 'x')).size(), 3u);
  try {
    static_cast<void>(product_named("RTX 2081 Ti"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_NE(std::string(error.what()).find("RTX 2080 Ti"), std::string::npos) << error.what();
  }
  EXPECT_THROW(static_cast<void>(product_named("A100")), Error);  // four of them
  EXPECT_EQ(product_named("Intel Core i7-8700K").name, "Core i7-8700K");
}

TEST(Product, MemoryIsThatOfTheDataSheetAndThatOfClockAndBus) {
  const Device h200 = device_named("H200");
  EXPECT_EQ(h200.memory_specified_bytes_per_s.value, 4.8e12);
  EXPECT_DOUBLE_EQ(h200.memory_bytes_per_s.value.value_or(0), 2 * 3201e6 * 6144 / 8);
  EXPECT_NEAR(device_named("B200").memory_bytes_per_s.value.value_or(0) / 7672e9, 1, 1e-4);
  // Where clock and bus are not on record, it says so, and the peak is the data sheet's.
  const Device p40 = device_named("Tesla P40");
  EXPECT_FALSE(p40.memory_bytes_per_s.value);
  EXPECT_NE(p40.memory_bytes_per_s.source, "");
  EXPECT_EQ(peak_of(p40, Bound::memory, Precision::f32)->specified(), 346e9);
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
    EXPECT_GT(product.tdp_w, 0);
    EXPECT_FALSE(product.source.empty()) << product.name;
    EXPECT_TRUE(product.year == 0 || (product.year > 2005 && product.year < 2030)) << product.name;
    EXPECT_TRUE(product.base_mhz == 0 || product.base_mhz <= product.boost_mhz) << product.name;
  }
}

TEST(Rate, OfAnUnknownChipIsUnknown) {
  for (const char* architecture : {"", "sm_00", "sm_110", "sm_200", "zen9"}) {
    EXPECT_TRUE(rates_of(architecture, ProductClass::professional).empty()) << architecture;
  }
}

double rate_of(const char* architecture, ProductClass product_class, const Kind& kind,
               std::string_view instruction = "mma.sync") {
  for (const Rate& rate : rates_of(architecture, product_class)) {
    if (rate.units == kind.units && rate.operands == kind.operands &&
        rate.accumulator == kind.accumulator && rate.instruction == instruction) {
      return rate.fma_per_unit_and_clock;
    }
  }
  return 0;
}

TEST(Rate, GeForceHalvesWhatAccumulatesInF32AndNothingElse) {
  constexpr ProductClass kPro = ProductClass::professional;
  constexpr ProductClass kGeForce = ProductClass::geforce;
  for (const char* architecture : {"sm_75", "sm_86", "sm_89", "sm_120"}) {
    for (const Kind& kind : {kTf32, kF16IntoF32, kBf16, kFp8}) {
      const double full = rate_of(architecture, kPro, kind);
      if (full == 0) continue;
      EXPECT_EQ(rate_of(architecture, kGeForce, kind), full / 2) << architecture;
    }
    for (const Kind& kind : {kF16IntoF16, kFp8IntoF16, kInt8}) {
      EXPECT_EQ(rate_of(architecture, kGeForce, kind), rate_of(architecture, kPro, kind));
    }
    EXPECT_GT(rate_of(architecture, kGeForce, kF16IntoF32), 0);
  }
  constexpr const char* kScaled = "mma.sync block_scale";
  EXPECT_EQ(rate_of("sm_120", kGeForce, kFp8, kScaled), rate_of("sm_120", kPro, kFp8, kScaled));
  // Chips without a GeForce board of other rates.
  EXPECT_EQ(rate_of("sm_80", kGeForce, kBf16), rate_of("sm_80", kPro, kBf16));
}

TEST(Rate, IsUnknownWhereSourcesContradictEachOther) {
  for (const auto& [architecture, kind] : {std::pair{"sm_70", kDp4a},
                                           {"sm_72", kF64},
                                           {"sm_87", kBf16},
                                           {"sm_103", kInt8},
                                           {"sm_103", kFp4},
                                           {"sm_120", kTf32},
                                           {"sm_121", kF16IntoF32}}) {
    for (const Rate& rate : rates_of(architecture, ProductClass::professional)) {
      const bool same = rate.units == kind.units && rate.operands == kind.operands;
      EXPECT_FALSE(same) << architecture << " " << to_string(kind.operands);
    }
  }
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
