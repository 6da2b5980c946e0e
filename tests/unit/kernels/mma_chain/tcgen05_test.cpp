// SPDX-License-Identifier: Apache-2.0
// What tcgen05 is told of its operands, worked out by hand from the PTX ISA's tables, where the
// scales lie, and which devices run it.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "mma_chain/tcgen05_operands.h"
#include "mma_chain/tcgen05_support.h"
#include "mma_chain/work.h"

namespace derate::mma_chain {
namespace {

TEST(Tcgen05Descriptors, AreThoseOfTheTables) {
  // Offsets of 128 and 256 bytes in units of 16, and the constant in bits 46 to 48.
  EXPECT_EQ(kTcgen05Descriptor, 0x0000'4010'0008'0000ULL);
  // f32 sums (bit 4), N / 8 = 32 from bit 17, M / 16 = 8 from bit 24.
  EXPECT_EQ(instruction_descriptor<F16>(128, 256), 0x0840'0010U);
  EXPECT_EQ(instruction_descriptor<Bf16>(128, 256), 0x0840'0490U);
  EXPECT_EQ(instruction_descriptor<Tf32>(128, 256), 0x0840'0910U);
  EXPECT_EQ(instruction_descriptor<WideE4m3>(128, 256), 0x0840'0010U);
  EXPECT_EQ(instruction_descriptor<Bf16>(256, 128), 0x1020'0490U);
  // ue8m0 (bit 23), bytes 3 of both words of scales (bits 4 and 29).
  EXPECT_EQ(scaled_instruction_descriptor<Mxfp8>(128, 256, 3), 0x68C0'0030U);
  EXPECT_EQ(scaled_instruction_descriptor<Nvfp4>(128, 256, 0), 0x0840'0480U);
}

TEST(Tcgen05Scales, LieRowByRowInLanesAndColumns) {
  constexpr int kSteps = 4;
  const std::vector<std::uint32_t> fine = scale_words<Nvfp4>(kSteps);
  ASSERT_EQ(fine.size(), 4U * 12 * 32);
  for (int block = 0; block < 4; ++block) {
    // Row 70 of A in step 1: column 2 and lane 6 of the second dozen.
    EXPECT_EQ(fine[(12 + 2) * 32 + 6] >> (8 * block) & 0xFF,
              Nvfp4::scale_bits(scale_of_step<Nvfp4>(kSeedScalesOfA, 70, kSteps, 1, 16 * block)));
    // Column 255 of B in step 3.
    EXPECT_EQ(fine[(36 + 11) * 32 + 31] >> (8 * block) & 0xFF,
              Nvfp4::scale_bits(scale_of_step<Nvfp4>(kSeedScalesOfB, 255, kSteps, 3, 16 * block)));
  }
  const std::vector<std::uint32_t> coarse = scale_words<Mxfp8>(kSteps);
  ASSERT_EQ(coarse.size(), 12U * 32);
  for (int step = 0; step < kSteps; ++step) {
    EXPECT_EQ(coarse[3 * 32 + 1] >> (8 * step) & 0xFF,
              Mxfp8::scale_bits(scale_of_step<Mxfp8>(kSeedScalesOfA, 97, kSteps, step, 31)));
  }
  EXPECT_EQ(scale_of_step<F16>(kSeedScalesOfA, 5, kSteps, 1, 3), 1) << "a plain format";
}

TEST(Tcgen05Layout, PacksTwoNumbersOfFp4IntoAByte) {
  std::vector<std::uint8_t> bytes(8 * 32, 0xEE);
  const auto at = [](int row, int depth) { return row == 1 ? (depth == 33 ? 6.0 : 0.5) : 0.0; };
  lay_out<Nvfp4>(8, 1, bytes.data(), at);
  EXPECT_EQ(bytes[0], 0);
  EXPECT_EQ(bytes[16], 0x11);        // row 1, depths 0 and 1
  EXPECT_EQ(bytes[128 + 16], 0x71);  // the second 16 bytes of its depth
}

Device gpu(const char* architecture) {
  Device device;
  device.backend = "cuda";
  device.architecture = architecture;
  return device;
}

TEST(Tcgen05Support, SaysWhyNot) {
  for (const char* other : {"sm_75", "sm_90", "sm_120", "sm_999", ""}) {
    EXPECT_EQ(tcgen05_unsupported(gpu(other)),
              "tcgen05 is an instruction of compute capability 10.0, 10.3 and 11.0 alone")
        << other;
  }
  EXPECT_EQ(tcgen05_unsupported(gpu("sm_110")), "this version has no code of tcgen05 for sm_110");
  for (const char* own : {"sm_100", "sm_103"}) {
    EXPECT_EQ(tcgen05_unsupported(gpu(own)), std::nullopt);
    EXPECT_EQ(tcgen05_chain_unsupported<Mxfp8>(gpu(own)), std::nullopt);
  }
  EXPECT_EQ(tcgen05_chain_unsupported<Nvfp4>(gpu("sm_100")), std::nullopt);
  EXPECT_EQ(tcgen05_chain_unsupported<Nvfp4>(gpu("sm_103")),
            "on sm_103 the peak of fp4 takes instructions 96 deep, and these are 64 deep");
}

TEST(Tcgen05Support, RefusesWhereOtherProgramsMayHoldTensorMemory) {
  Device device = gpu("sm_100");
  device.health.mps_processes.value = 0;
  EXPECT_EQ(tcgen05_unsupported(device), std::nullopt);
  device.health.mps_processes.value = 2;
  EXPECT_EQ(tcgen05_unsupported(device),
            "programs share the GPU through MPS: if one of them holds tensor memory, "
            "tcgen05.alloc waits for it without a limit");
}

TEST(Tcgen05Support, ABuildWithoutItsCodeSaysSo) {
  EXPECT_EQ(no_code_for_tcgen05("75, 80-real, 90a-real"),
            "this build has no code for sm_100f: it was built for 75, 80-real, 90a-real");
  EXPECT_TRUE(tcgen05_not_built().has_value()) << "this test is no kernel";
}

TEST(Tcgen05Launch, LastsAsLongAtEachRate) {
  EXPECT_EQ(tcgen05_multiply_adds_per_unit<Bf16>(gpu("sm_100")), 24e6 * 4096);
  EXPECT_EQ(tcgen05_multiply_adds_per_unit<WideE4m3>(gpu("sm_100")), 24e6 * 8192);
  EXPECT_EQ(tcgen05_multiply_adds_per_unit<Nvfp4>(gpu("sm_100")), 24e6 * 16384);
  EXPECT_EQ(tcgen05_multiply_adds_per_unit<Bf16>(gpu("sm_999")), 24e6 * 64);
}

}  // namespace
}  // namespace derate::mma_chain
