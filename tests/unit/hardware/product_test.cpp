// SPDX-License-Identifier: Apache-2.0
// Peaks recomputed from SMs, rates and clocks against what the vendor prints, for every product.
#include "hardware/product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardware/device_rates.h"
#include "hardware/peak.h"
#include "hardware/printed_peaks.h"
#include "hardware/product_name.h"
#include "hardware/product_table.h"
#include "unit/hardware/kind.h"

namespace derate {
namespace {

/// In tera-operations a second at the clock of the data sheet; 0 where there is no such rate.
double peak(const Device& device, const Kind& kind) {
  for (const Rate& rate : rates_of(device)) {
    if (rate.units != kind.units || rate.operands != kind.operands) continue;
    if (rate.accumulator != kind.accumulator) continue;
    return peak_of(device, rate).specified().value_or(0) / 1e12;
  }
  return 0;
}

/// Within 1 %, since figures are rounded, or the note says of what is "printed" why not.
void expect_met_or_explained(const Product& product, double computed, double printed,
                             const std::string& of) {
  const bool is_met = std::abs(computed / printed - 1) < 0.01;
  const bool is_explained = product.note.find("printed") != std::string_view::npos;
  EXPECT_TRUE(is_met || is_explained)
      << product.name << ": " << of << ": " << computed << " computed, " << printed << " printed";
}

Device device_named(const char* product) { return device_of(product_named(product)); }

std::vector<Product> for_estimates_only() {
  std::vector<Product> found;
  std::copy_if(products().begin(), products().end(), std::back_inserter(found),
               [](const Product& product) { return product.is_for_estimates_only; });
  return found;
}

TEST(Catalog, HoldsThisManyProducts) {
  EXPECT_EQ(products().size(), 184U);  // README.md and docs/cli.md say so too
  EXPECT_EQ(for_estimates_only().size(), 18U);
}

TEST(Catalog, EveryPrintedPeakIsRecomputedOrExplained) {
  int recomputed = 0;
  for (const Product& product : products()) {
    if (product.compute_units == 0) continue;  // what is printed is its peak
    const Device device = device_of(product);
    if (product.printed_f32_gflops > 0) {
      const double computed = peak_of_product(product, Precision::f32) / 1e9;
      expect_met_or_explained(product, computed, product.printed_f32_gflops, "f32");
      ++recomputed;
    }
    const auto printed_peaks = parse_printed_peaks(product.printed_tflops);
    for (const PrintedPeak& printed : printed_peaks.value()) {
      const Kind kind{printed.units, printed.operands, printed.accumulator};
      const std::string of = std::string(to_string(kind.units)) + " " +
                             std::string(to_string(kind.operands)) + " into " +
                             std::string(to_string(kind.accumulator));
      expect_met_or_explained(product, peak(device, kind), printed.flop_per_s / 1e12, of);
      ++recomputed;
    }
  }
  EXPECT_GE(recomputed, 320);
}

TEST(Catalog, EveryProductHasAPeakOrSaysWhyNot) {
  for (const Product& product : products()) {
    // Accelerators for estimates need not multiply f32.
    const bool is_known = product.is_for_estimates_only
                              ? !rates_of(device_of(product)).empty()
                              : peak_of_product(product, Precision::f32) > 0;
    const bool says_so = product.note.find("unknown") != std::string_view::npos;
    EXPECT_TRUE(is_known != says_so) << product.name;
  }
}

TEST(Product, XavierIsPrintedInWholeNumbersCutOff) {
  const Device xavier = device_named("Jetson AGX Xavier");
  EXPECT_EQ(std::floor(peak(xavier, kF16IntoF32)), 11);
  EXPECT_EQ(std::floor(peak(xavier, kInt8)), 22);
}

double peak_f32_at(const Product& product, double mhz) { return 2 * cores_of(product) * mhz * 1e6; }

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
  const Device p40 = device_named("Tesla P40");
  const auto peak = peak_of(p40, Bound::compute, Precision::f32);
  ASSERT_TRUE(peak);
  EXPECT_EQ(peak->per_clock, 2.0 * 3840);
  EXPECT_DOUBLE_EQ(*peak->specified(), 3840 * 1.531e9 * 2);
}

TEST(Product, TensorFiguresOfHopperAreAtAClockOfTheirOwn) {
  const Device h200 = device_named("H200");
  const auto at = [&](Units units, Precision precision) {
    return peak_of(h200, Bound::compute, precision, units)->specified_clock_hz.value;
  };
  EXPECT_EQ(at(Units::vector, Precision::f32), 1.98e9);
  EXPECT_EQ(at(Units::tensor, Precision::f64), 1.98e9);
  EXPECT_EQ(at(Units::tensor, Precision::bf16), 1.83e9);
}

TEST(Product, DriverNameIsMatchedExactly) {
  EXPECT_NE(product_of_driver_name("NVIDIA H200"), nullptr);
  for (const char* other : {"", "H200", "NVIDIA H200 NVL ", "NVIDIA H200 MIG 1g.18gb"}) {
    EXPECT_EQ(product_of_driver_name(other), nullptr) << other;
  }
}

TEST(Product, UnderOneDriverNameIsToldByUnitsAndMemory) {
  const auto name_of = [](const char* driver_name, double units, double gib) {
    const auto bytes = static_cast<std::uint64_t>(gib * (1 << 30));
    const Product* const product = product_of_driver_name(driver_name, units, bytes);
    return product == nullptr ? std::string() : std::string(product->name);
  };
  EXPECT_EQ(name_of("NVIDIA GeForce RTX 3080", 68, 9.8), "RTX 3080");
  EXPECT_EQ(name_of("NVIDIA GeForce RTX 3080", 70, 11.8), "RTX 3080 12GB");
  EXPECT_EQ(name_of("NVIDIA GeForce RTX 3080", 68, 19.8), "");  // someone has soldered
  EXPECT_EQ(name_of("NVIDIA GeForce RTX 3080", 60, 9.8), "");   // one of which nothing is known
  EXPECT_EQ(name_of("NVIDIA GeForce RTX 4060 Ti", 34, 15.6), "RTX 4060 Ti 16GB");
  EXPECT_EQ(name_of("NVIDIA GeForce GTX 1070", 15, 7.9), "GTX 1070");
  EXPECT_EQ(name_of("NVIDIA GeForce GTX 1070", 16, 7.9), "");  // a laptop's
  EXPECT_EQ(name_of("NVIDIA GeForce RTX 4090", 128, 47.4), "RTX 4090");
  EXPECT_EQ(name_of("Orin", 16, 61.4), "Jetson AGX Orin 64GB");
  EXPECT_EQ(name_of("Orin", 8, 7.4), "");                      // two modules have that
  EXPECT_EQ(name_of("NVIDIA GeForce GTX 1650", 14, 3.9), "");  // GDDR5 or GDDR6
  EXPECT_EQ(product_of_driver_name("NVIDIA GeForce RTX 3080"), nullptr);
}

TEST(Product, RatesThatAreNotThoseOfItsArchitectureAreUnknown) {
  const auto tensor = [](const char* name, Precision precision) {
    return peak_of(device_named(name), Bound::compute, precision, Units::tensor);
  };
  for (const char* driver_name : {"NVIDIA GeForce GTX 1660 Ti", "NVIDIA H20", "NVIDIA A10G"}) {
    Device device = device_of(*product_called(driver_name));
    const auto of_product = rates_of(device);
    device.name = driver_name;
    EXPECT_EQ(rates_of(device).size(), of_product.size()) << driver_name;
  }
  EXPECT_EQ(tensor("GTX 1660 Ti", Precision::f16)->instruction, "HFMA2");  // no tensor units
  EXPECT_EQ(tensor("RTX 2060", Precision::f16)->instruction, "mma.sync");
  EXPECT_FALSE(tensor("RTX 5090 D", Precision::bf16));
  EXPECT_FALSE(tensor("H20", Precision::bf16));
  EXPECT_FALSE(tensor("H800 SXM", Precision::f64));
  EXPECT_TRUE(tensor("H800 SXM", Precision::bf16));
  EXPECT_NEAR(peak(device_named("A10G"), kF16IntoF32), 70, 0.1);  // half of what an A10 does
}

TEST(Product, ForEstimatesOnlyIsOfNoBackendAndUnusable) {
  for (const Product& product : products()) {
    const Device device = device_of(product);
    EXPECT_EQ(device.backend.empty(), product.is_for_estimates_only) << product.name;
    EXPECT_EQ(device.unusable.empty(), !product.is_for_estimates_only) << product.name;
  }
}

TEST(Product, AtHandIsNeverOneForEstimatesOnly) {
  for (const char* name : {"AMD Instinct MI300X", "AMD Instinct MI250X", "AMD Instinct MI210",
                           "MI300X", "TPU v4", "Edge TPU", "Trainium 1"}) {
    EXPECT_EQ(product_of_driver_name(name), nullptr) << name;
  }
  for (const Product& product : for_estimates_only()) {
    Device host = device_of(product);
    host.backend = "host";
    host.architecture = "zen5";
    const auto rates = rates_of(host);
    ASSERT_EQ(rates.size(), 2U) << product.name;
    EXPECT_EQ(rates.back().instruction, "vector FMA") << product.name;
    EXPECT_FALSE(rate_of(host, Precision::bf16, Units::tensor)) << product.name;
  }
}

TEST(Product, WithoutUnitsHasThePrintedPeaksAndNoOthers) {
  const Product& trainium2 = product_named("Trainium 2");
  EXPECT_EQ(peak_of_product(trainium2, Precision::bf16), 667e12);
  EXPECT_EQ(peak_of_product(trainium2, Precision::fp8), 1299e12);
  EXPECT_TRUE(std::isnan(peak_of_product(trainium2, Precision::f64)));
  EXPECT_EQ(peak_of_product(product_named("Edge TPU"), Precision::i8), 4e12);
  const Device device = device_of(trainium2);
  const auto peak = peak_of(device, Bound::compute, Precision::bf16, Units::tensor);
  EXPECT_EQ(peak->instruction, "as printed");
  EXPECT_EQ(peak->n_source, "as printed: AWS Neuron documentation");
  EXPECT_FALSE(peak_of(device, Bound::compute, Precision::bf16, Units::vector));
  EXPECT_EQ(peak_of(device, Bound::memory, Precision::bf16)->specified(), 2.9e12);
  // Its units and rates are known, so that its clock is what is not.
  const Device t4000 = device_named("Jetson T4000");
  EXPECT_FALSE(rates_of(t4000).empty());
  EXPECT_FALSE(peak_of(t4000, Bound::compute, Precision::fp4, Units::tensor)->specified());
}

TEST(Product, TableIsWellFormed) {
  std::set<std::string_view> names;
  for (const Product& product : products()) {
    EXPECT_TRUE(names.insert(product.name).second) << product.name;
    EXPECT_TRUE(product.compute_units > 0 || product.is_for_estimates_only) << product.name;
    EXPECT_TRUE(product.memory_gb_per_s > 0 || product.name == "Edge TPU") << product.name;
    EXPECT_TRUE(product.driver_names.empty() || !product.is_for_estimates_only) << product.name;
    EXPECT_TRUE(product.tdp_w > 0 || !product.note.empty()) << product.name;
    EXPECT_FALSE(product.source.empty()) << product.name;
    EXPECT_TRUE(product.year == 0 || (product.year > 2005 && product.year < 2030)) << product.name;
    EXPECT_TRUE(product.base_mhz == 0 || product.base_mhz <= product.boost_mhz) << product.name;
    for (const std::string_view driver_name : names_in(product.driver_names)) {
      const Product* const first = product_called(driver_name);
      EXPECT_EQ(first->product_class, product.product_class) << driver_name;
      EXPECT_EQ(first->unlike_architecture, product.unlike_architecture) << driver_name;
      const bool is_geforce = driver_name.find("GeForce") != std::string_view::npos;
      EXPECT_EQ(is_geforce, product.brand == "GeForce") << driver_name;
    }
  }
}

}  // namespace
}  // namespace derate
