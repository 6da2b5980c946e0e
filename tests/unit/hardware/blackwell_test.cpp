// SPDX-License-Identifier: Apache-2.0
// Rates of compute capability 10.0 to 12.1 that no data sheet prints a peak for, against what was
// measured and what is sold; those that one prints are in product_test.cpp.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "hardware/peak.h"
#include "hardware/product.h"
#include "hardware/product_name.h"
#include "hardware/rate.h"
#include "unit/hardware/kind.h"

namespace derate {
namespace {

struct MeasuredRate {
  const char* product;
  Precision precision;
  double tera_per_s;
};

/// OpenCL-Benchmark's table: a B200 at 1.965 GHz and a B300 at 2.032 GHz. A rate that is too low by
/// half would be exceeded, and one that is twice too high missed by half.
TEST(Blackwell, ReachesNineTenthsAtLeastOfWhatItsVectorUnitsAreRatedAt) {
  for (const MeasuredRate& measured : {MeasuredRate{"B200", Precision::f32, 69.46},
                                       {"B200", Precision::f64, 34.29},
                                       {"B200", Precision::f16, 72.91},
                                       {"B200", Precision::i32, 36.51},
                                       {"B300", Precision::f32, 71.45},
                                       {"B300", Precision::f64, 1.18},
                                       {"B300", Precision::f16, 75.2}}) {
    const Device device = device_of(product_named(measured.product));
    const auto peak = peak_of(device, Bound::compute, measured.precision, Units::vector);
    ASSERT_TRUE(peak) << measured.product;
    const double share = measured.tera_per_s * 1e12 / peak->specified().value_or(0);
    EXPECT_GT(share, 0.9) << measured.product << " " << to_string(measured.precision);
    EXPECT_LT(share, 1.0) << measured.product << " " << to_string(measured.precision);
  }
}

TEST(Blackwell, HasTheCoresItIsSoldWith) {
  EXPECT_EQ(cores_of(product_named("B200")), 18'944);
  EXPECT_EQ(cores_of(product_named("B300")), 18'944);
  EXPECT_EQ(cores_of(product_named("Jetson T5000")), 2560);
  EXPECT_EQ(cores_of(product_named("Jetson T4000")), 1536);
  EXPECT_EQ(cores_of(product_named("GB10")), 6144);
  EXPECT_EQ(cores_of(product_named("RTX 5090")), 21'760);
  EXPECT_EQ(cores_of(product_named("RTX PRO 6000 Blackwell Workstation")), 24'064);
}

double vector_rate(const char* architecture, Precision precision) {
  const auto rate = fma_rate(architecture, precision);
  return rate ? rate->fma_per_unit_and_clock : 0;
}

/// clpeak on GPUs of 12.0: one clock explains all four, f64 at 1/64 and IMAD at half of f32.
TEST(Blackwell, OfTheDesktopHasVectorRatesInOneProportion) {
  for (const char* architecture : {"sm_120", "sm_121"}) {
    const double f32 = vector_rate(architecture, Precision::f32);
    EXPECT_EQ(vector_rate(architecture, Precision::f16), f32) << architecture;
    EXPECT_EQ(2 * vector_rate(architecture, Precision::i32), f32) << architecture;
    EXPECT_EQ(64 * vector_rate(architecture, Precision::f64), f32) << architecture;
  }
}

double tensor_rate(const char* architecture, ProductClass product_class, const Kind& kind) {
  for (const Rate& rate : rates_of(architecture, product_class)) {
    const bool plain = rate.instruction.find("block_scale") == std::string::npos;
    if (plain && rate.units == kind.units && rate.operands == kind.operands &&
        rate.accumulator == kind.accumulator) {
      return rate.fma_per_unit_and_clock;
    }
  }
  return 0;
}

/// kind::f16 of tcgen05 has one rate for both accumulators; bf16 is as f16, tf32 half of it.
TEST(Blackwell, OfDataCentresTakesEitherAccumulatorAtOneRate) {
  for (const char* architecture : {"sm_100", "sm_103"}) {
    const auto rate = [&](const Kind& kind) {
      return tensor_rate(architecture, ProductClass::professional, kind);
    };
    EXPECT_EQ(rate(kF16IntoF16), rate(kF16IntoF32)) << architecture;
    EXPECT_EQ(rate(kBf16), rate(kF16IntoF32)) << architecture;
    EXPECT_EQ(2 * rate(kTf32), rate(kF16IntoF32)) << architecture;
    EXPECT_EQ(rate(kFp8), 2 * rate(kF16IntoF32)) << architecture;
  }
  EXPECT_EQ(tensor_rate("sm_100", ProductClass::professional, kInt8),
            tensor_rate("sm_100", ProductClass::professional, kFp8));
}

/// RTX PRO 6000: 1,024 FLOP of bf16 for each SM and clock; a GeForce's tf32 is half of its bf16.
TEST(Blackwell, OfTheDesktopHasTheMeasuredTensorRates) {
  constexpr ProductClass kPro = ProductClass::professional;
  constexpr ProductClass kGeForce = ProductClass::geforce;
  EXPECT_EQ(2 * tensor_rate("sm_120", kPro, kBf16), 1024);
  EXPECT_EQ(tensor_rate("sm_120", kPro, kFp8), 2 * tensor_rate("sm_120", kPro, kBf16));
  EXPECT_EQ(tensor_rate("sm_120", kPro, kInt8), tensor_rate("sm_120", kPro, kFp8));
  EXPECT_EQ(2 * tensor_rate("sm_120", kGeForce, kTf32), tensor_rate("sm_120", kGeForce, kBf16));
  for (const Rate& rate : rates_of("sm_121", kPro)) {
    EXPECT_EQ(rate.units, Units::vector) << "no source states a tensor rate of it";
  }
}

/// No data sheet, guide or measurement at hand states these.
TEST(Blackwell, HasNoRatesWithoutASource) {
  constexpr ProductClass kPro = ProductClass::professional;
  for (const Rate& rate : rates_of("sm_103", kPro)) {
    const bool scaled = rate.instruction == "tcgen05 block_scale";
    EXPECT_FALSE(scaled && rate.operands == Precision::fp8);
    EXPECT_FALSE(rate.operands == Precision::i8);
  }
  for (const Kind& kind : {kTf32, kBf16, kF16IntoF16, kFp8IntoF16}) {
    EXPECT_EQ(tensor_rate("sm_110", kPro, kind), 0) << to_string(kind.operands);
  }
  for (const Rate& rate : rates_of("sm_110", kPro)) {
    const bool scaled = rate.instruction == "tcgen05 block_scale";
    EXPECT_FALSE(scaled && rate.operands == Precision::fp8);
    EXPECT_TRUE(rate.units == Units::tensor || rate.operands == Precision::f32);
  }
  EXPECT_EQ(tensor_rate("sm_120", kPro, kTf32), 0);
}

TEST(Blackwell, NamesWhoMeasuredWhatNoGuideStates) {
  for (const Precision precision : {Precision::f64, Precision::f16}) {
    const auto rate = fma_rate("sm_103", precision);
    ASSERT_TRUE(rate);
    EXPECT_NE(rate->source.find("OpenCL-Benchmark measured"), std::string::npos) << rate->source;
  }
  EXPECT_NE(fma_rate("sm_110", Precision::f32)->source.find("Thor"), std::string::npos);
  for (const char* architecture : {"sm_100", "sm_103", "sm_110", "sm_120", "sm_121"}) {
    for (const ProductClass product_class : {ProductClass::professional, ProductClass::geforce}) {
      for (const Rate& rate : rates_of(architecture, product_class)) {
        EXPECT_GT(rate.source.size(), 15U) << architecture << " " << rate.instruction;
      }
    }
  }
}

}  // namespace
}  // namespace derate
