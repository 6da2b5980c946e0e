// SPDX-License-Identifier: Apache-2.0
// Formats with block scales: the bits of their numbers and scales, where these lie, and which
// devices have instructions for them.
#include "mma_chain/scales.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "mma_chain/scaled_support.h"
#include "mma_chain/work.h"

namespace derate::mma_chain {
namespace {

TEST(Nvfp4Numbers, AreTheSixteenOfE2m1) {
  const double numbers[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  for (std::uint32_t bits = 0; bits < 8; ++bits) {
    EXPECT_EQ(Nvfp4::bits(numbers[bits]), bits);
    if (bits > 0) {
      EXPECT_EQ(Nvfp4::bits(-numbers[bits]), bits | 8u);
    }
  }
  std::set<double> seen;
  for (int i = 0; i < 2000; ++i) {
    seen.insert(operand<Nvfp4>(DataPattern::uniform, kSeedA, i));
  }
  EXPECT_EQ(seen.size(), 15U) << "zero and seven numbers of either sign";
  EXPECT_EQ(*seen.rbegin(), 6);
}

TEST(Scales, HaveTheBitsOfTheirFormats) {
  EXPECT_EQ(Mxfp8::scale_bits(1), 127U);  // ue8m0
  EXPECT_EQ(Mxfp8::scale_bits(0.25), 125U);
  EXPECT_EQ(Mxfp8::scale_bits(2), 128U);
  EXPECT_EQ(Nvfp4::scale_bits(1), 0x38U);  // ue4m3
  EXPECT_EQ(Nvfp4::scale_bits(0.5), 0x30U);
  EXPECT_EQ(Nvfp4::scale_bits(1.875), 0x3FU);
}

template <typename T>
std::set<double> all_scales() {
  std::set<double> seen;
  for (int row = 0; row < 200; ++row) seen.insert(scale_at<T>(kSeedScalesOfA, row, 0));
  return seen;
}

TEST(Scales, DifferFromRowToRowAndBlockToBlock) {
  EXPECT_EQ(all_scales<Mxfp8>(), (std::set<double>{0.25, 0.5, 1, 2}));
  const std::set<double> fine = all_scales<Nvfp4>();
  EXPECT_GT(fine.size(), 12U);
  EXPECT_TRUE(*fine.begin() >= 0.5 && *fine.rbegin() <= 2);
  EXPECT_EQ(scale_at<Nvfp4>(kSeedScalesOfA, 3, 16), scale_at<Nvfp4>(kSeedScalesOfA, 3, 31));
  EXPECT_NE(scale_at<Nvfp4>(kSeedScalesOfA, 3, 15), scale_at<Nvfp4>(kSeedScalesOfA, 3, 16));
  EXPECT_EQ(scale_at<E4m3>(kSeedScalesOfA, 3, 16), 1) << "a plain format";
}

// Worked out by hand from the figures of the PTX ISA, for thread selectors 0.
TEST(Scales, LieInTheLanesThatTheInstructionReads) {
  EXPECT_EQ(row_of_scales_of_a(12), 3);
  EXPECT_EQ(row_of_scales_of_a(13), 11);
  EXPECT_EQ(column_of_scales_of_b(12), 3);
  const auto registers = packed_scales<Nvfp4>(kSeedScalesOfA, 16, row_of_scales_of_a);
  ASSERT_EQ(registers.size(), 32U);
  for (int block = 0; block < 4; ++block) {
    EXPECT_EQ(registers[13] >> (8 * block) & 0xFF,
              Nvfp4::scale_bits(scale_at<Nvfp4>(kSeedScalesOfA, 27, 16 * block)));
  }
  EXPECT_TRUE(packed_scales<E4m3>(kSeedScalesOfA, 16, row_of_scales_of_a).empty());
}

TEST(FragmentsOfPtx, OfE2m1AreWhereItsFormulasPutThem) {
  // m16n8k64; lane 13 is the second of group 3.
  EXPECT_EQ(place_in_a<Nvfp4>(13, 0, 7), (Place{3, 15}));  // a7
  EXPECT_EQ(place_in_a<Nvfp4>(13, 1, 0), (Place{11, 8}));  // a8
  EXPECT_EQ(place_in_a<Nvfp4>(13, 2, 1), (Place{3, 41}));  // a17
  EXPECT_EQ(place_in_b<Nvfp4>(13, 1, 7), (Place{47, 3}));  // b15
  EXPECT_EQ(kRegistersOfA<Nvfp4>, 4);
  EXPECT_EQ(kRegistersOfB<Nvfp4>, 2);
}

Device gpu_of(const char* architecture, const char* name = "") {
  Device device;
  device.backend = "cuda";
  device.architecture = architecture;
  device.name = name;
  return device;
}

TEST(ScaledSupport, IsTheFamilyOf12AndSaysWhyNot) {
  EXPECT_EQ(mma_scaled_unsupported(gpu_of("sm_120")), std::nullopt);
  EXPECT_EQ(mma_scaled_unsupported(gpu_of("sm_121")), std::nullopt);
  for (const char* other : {"sm_75", "sm_89", "sm_90", "sm_130", ""}) {
    EXPECT_EQ(mma_scaled_unsupported(gpu_of(other)),
              "mma.sync takes block scales on compute capability 12.x alone")
        << other;
  }
  EXPECT_EQ(mma_scaled_unsupported(gpu_of("sm_103")),
            "mma.sync takes block scales on compute capability 12.x alone; here tcgen05 does");
}

TEST(ScaledLaunch, FollowsTheRateOfScaledOperands) {
  const Device geforce = gpu_of("sm_120", "NVIDIA GeForce RTX 5090");
  EXPECT_EQ(scaled_multiply_adds_per_unit(geforce, Precision::fp8), 24e6 * 1024);
  EXPECT_EQ(multiply_adds_per_unit(geforce, Precision::fp8), 24e6 * 512);
  EXPECT_EQ(scaled_multiply_adds_per_unit(geforce, Precision::fp4), 24e6 * 2048);
}

}  // namespace
}  // namespace derate::mma_chain
