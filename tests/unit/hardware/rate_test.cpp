// SPDX-License-Identifier: Apache-2.0
// The table of rates: known ones are dense and have a source, and there is no default.
#include "hardware/rate.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "hardware/product.h"
#include "unit/hardware/kind.h"

namespace derate {
namespace {

TEST(Rate, OfAnUnknownChipIsUnknown) {
  for (const char* architecture : {"", "sm_00", "sm_130", "sm_200", "zen9"}) {
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

/// CUTLASS states both in multiples of Hopper's and Ada's fp8.
TEST(Rate, OfBlackwellIsApartForBlockScaledAndPlainOperands) {
  constexpr ProductClass kPro = ProductClass::professional;
  constexpr const char* kScaled = "tcgen05 block_scale";
  const double hopper = rate_of("sm_90", kPro, kFp8, "wgmma");
  EXPECT_EQ(rate_of("sm_100", kPro, kFp8, "tcgen05"), 2 * hopper);
  EXPECT_EQ(rate_of("sm_100", kPro, kFp8, kScaled), 2 * hopper);
  EXPECT_EQ(rate_of("sm_100", kPro, kFp4, kScaled), 4 * hopper);
  EXPECT_EQ(rate_of("sm_103", kPro, kFp4, kScaled), 6 * hopper);
  EXPECT_EQ(rate_of("sm_110", kPro, kFp4, kScaled), 4 * hopper);
  const double ada = rate_of("sm_89", kPro, kFp8);
  EXPECT_EQ(rate_of("sm_120", kPro, kFp8), ada);
  for (const ProductClass of : {kPro, ProductClass::geforce}) {
    EXPECT_EQ(rate_of("sm_120", of, kFp8, "mma.sync block_scale"), ada);
    EXPECT_EQ(rate_of("sm_120", of, kFp4, "mma.sync block_scale"), 2 * ada);
  }
  for (const char* architecture : {"sm_100", "sm_103", "sm_110", "sm_120"}) {
    for (const char* plain : {"tcgen05", "mma.sync"}) {
      EXPECT_EQ(rate_of(architecture, kPro, kFp4, plain), 0) << architecture << " " << plain;
    }
  }
}

TEST(Rate, IsUnknownWhereSourcesContradictEachOther) {
  for (const auto& [architecture, kind] : {std::pair{"sm_70", kDp4a},
                                           {"sm_72", kF64},
                                           {"sm_87", kBf16},
                                           {"sm_103", kInt8},
                                           {"sm_110", kBf16},
                                           {"sm_110", kF64},
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
