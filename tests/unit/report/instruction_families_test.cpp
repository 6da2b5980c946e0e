// SPDX-License-Identifier: Apache-2.0
// Rows of a slower family of tensor instructions are named, compared and explained; others are not.
#include "report/instruction_families.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "golden/example_gpu.h"
#include "unit/record/rows_of.h"
#include "unit/report/example_records.h"

namespace derate {
namespace {

using report_notes::of_instruction_families;
using test::holds;
using test::rows_of;

/// A chain of `instruction` that reaches `eta` of a peak that takes `peak_instruction`.
Record tensor_chain(const std::string& architecture, const std::string& instruction,
                    const std::string& peak_instruction, double eta) {
  Record record = test::gemm(eta);
  record.workload = "mma_chain";
  record.variant = instruction == "wgmma" ? "wgmma" : "mma_sync";
  record.problem = "warps:1";
  record.device_architecture = architecture;
  record.precision = "bf16";
  record.units = "tensor";
  record.instruction = instruction;
  record.peak_instruction = peak_instruction;
  return record;
}

Record own_gemm(const std::string& variant, double eta) {
  Record record = tensor_chain("sm_90", "", "wgmma", eta);
  record.workload = "gemm";
  record.variant = variant;
  record.provider = "derate";
  return record;
}

TEST(InstructionFamilies, OnHopperSetMmaSyncBesideWgmmaAndSayWhy) {
  const auto lines =
      of_instruction_families(rows_of({tensor_chain("sm_90", "mma.sync", "wgmma", 0.61),
                                       tensor_chain("sm_90", "wgmma", "wgmma", 0.97)}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("no ceiling: rows of mma.sync (the peak takes wgmma): wgmma "))
      << lines[0];
  EXPECT_TRUE(holds(lines[0], "95 % of the peak and mma.sync 63 %")) << lines[0];
  EXPECT_TRUE(holds(lines[1], "mma_chain bf16: wgmma 97.0 %, mma.sync 61.0 %")) << lines[1];
}

TEST(InstructionFamilies, OfProductsFollowFromTheVariant) {
  const auto lines = of_instruction_families(
      rows_of({own_gemm("mma_sync", 0.5), own_gemm("tma_wgmma", 0.9), own_gemm("lt", 0.92)}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].ends_with("gemm bf16: wgmma 90.0 %, mma.sync 50.0 %")) << lines[1];
}

TEST(InstructionFamilies, TakeTheBestRowOfEach) {
  Record other = own_gemm("mma_sync", 0.6);
  other.problem = "m:512/n:512/k:512";
  const auto best = of_instruction_families(rows_of({own_gemm("mma_sync", 0.3), other}));
  EXPECT_TRUE(best[1].ends_with("mma.sync 60.0 %, nothing of wgmma was measured")) << best[1];
}

TEST(InstructionFamilies, NameTheReasonOfTheirOwnArchitectureAlone) {
  const auto hopper =
      of_instruction_families(rows_of({tensor_chain("sm_90", "mma.sync", "wgmma", 0.61)}));
  EXPECT_FALSE(holds(hopper[0], "tensor memory")) << hopper[0];
  const auto blackwell =
      of_instruction_families(rows_of({tensor_chain("sm_100", "mma.sync", "tcgen05", 0.2)}));
  EXPECT_TRUE(holds(blackwell[0], "rows of mma.sync (the peak takes tcgen05): tcgen05 alone"));
  EXPECT_FALSE(holds(blackwell[0], "H800")) << blackwell[0];
  // Block scales are a form of the family.
  const auto scaled = of_instruction_families(
      rows_of({tensor_chain("sm_103", "mma.sync", "tcgen05 block_scale", 0.2)}));
  EXPECT_TRUE(holds(scaled[0], "tcgen05 alone makes the peak")) << scaled[0];
}

TEST(InstructionFamilies, KeepFormatsApart) {
  Record fp8 = tensor_chain("sm_90", "wgmma", "wgmma", 0.9);
  fp8.precision = "fp8";
  const auto lines =
      of_instruction_families(rows_of({tensor_chain("sm_90", "mma.sync", "wgmma", 0.61), fp8}));
  EXPECT_TRUE(lines[1].ends_with("mma_chain bf16: mma.sync 61.0 %, nothing of wgmma was measured"))
      << lines[1];
}

TEST(InstructionFamilies, OnDataCentreBlackwellSayThatNothingReachedThePeaksOwn) {
  for (const char* architecture : {"sm_100", "sm_103", "sm_110"}) {
    const auto lines =
        of_instruction_families(rows_of({tensor_chain(architecture, "mma.sync", "tcgen05", 0.2)}));
    ASSERT_EQ(lines.size(), 2U) << architecture;
    EXPECT_TRUE(holds(lines[0], "sums in tensor memory")) << lines[0];
    EXPECT_TRUE(lines[1].ends_with("mma.sync 20.0 %, nothing of tcgen05 was measured")) << lines[1];
  }
}

TEST(InstructionFamilies, OnDataCentreBlackwellSetMmaSyncBesideTcgen05) {
  std::vector<Record> records = {tensor_chain("sm_100", "mma.sync", "tcgen05", 0.2),
                                 tensor_chain("sm_100", "tcgen05", "tcgen05", 0.97),
                                 own_gemm("mma_sync", 0.15), own_gemm("tcgen05", 0.8)};
  for (Record& record : records) {
    record.device_architecture = "sm_100";
    record.peak_instruction = "tcgen05";
  }
  const auto lines = of_instruction_families(rows_of(records));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(holds(lines[1], "mma_chain bf16: tcgen05 97.0 %, mma.sync 20.0 %")) << lines[1];
  EXPECT_TRUE(holds(lines[1], "gemm bf16: tcgen05 80.0 %, mma.sync 15.0 %")) << lines[1];
}

TEST(InstructionFamilies, OfAnUnknownArchitectureHaveNoReason) {
  const auto lines =
      of_instruction_families(rows_of({tensor_chain("sm_200", "mma.sync", "newer", 0.2)}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "no ceiling: rows of mma.sync (the peak takes newer)");
  const auto later =
      of_instruction_families(rows_of({tensor_chain("sm_200", "mma.sync", "tcgen05", 0.2)}));
  EXPECT_EQ(later[0], "no ceiling: rows of mma.sync (the peak takes tcgen05)");
}

TEST(InstructionFamilies, AreNoMatterWhereAllReachThePeak) {
  EXPECT_TRUE(of_instruction_families(rows_of({tensor_chain("sm_80", "mma.sync", "mma.sync", 0.98),
                                               tensor_chain("sm_90", "wgmma", "wgmma", 0.98),
                                               own_gemm("lt", 0.9), test::chain(0.9)}))
                  .empty());
}

TEST(InstructionFamilies, CompareNothingThatCouldNotBeMeasured) {
  Record failed = tensor_chain("sm_90", "mma.sync", "wgmma", 0.6);
  failed.outcome = "incorrect";
  const auto lines = of_instruction_families(rows_of({failed}));
  ASSERT_EQ(lines.size(), 1U) << "it is named, but what it took is no figure";
}

}  // namespace
}  // namespace derate
