// SPDX-License-Identifier: Apache-2.0
// gemm's variants on the same operands, as they are measured side by side, and what they prepare
// for each set of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "backend/cuda/tensor_map.h"
#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "session.h"

namespace derate::emulation {
namespace {

std::unique_ptr<Instance> prepared(std::string_view variant, const Operands& operands,
                                   EmulatedSession& session, Precision precision = Precision::f32) {
  const auto workloads = registered_workloads();
  const auto found =
      std::find_if(workloads.begin(), workloads.end(), [&](const Workload* workload) {
        return workload->backend == "cuda" && workload->name == "gemm" &&
               workload->variant == variant && workload->precision == precision;
      });
  return (*found)->prepare((*found)->test_problem(), operands, session);
}

TEST(GemmShared, VariantsWorkOnTheSameMemoryWithoutTakingCreditForEachOther) {
  EmulatedSession session;
  Operands operands;
  operands.shared = std::make_shared<SharedOperands>();
  const auto naive = prepared("naive", operands, session);
  const auto tiled = prepared("tiled", operands, session);
  ASSERT_EQ(naive->sets(), tiled->sets());
  ASSERT_GT(naive->sets(), 1);
  naive->launch(0);
  EXPECT_EQ(naive->check(), std::nullopt);
  EXPECT_EQ(tiled->check(), std::nullopt) << "the same result: only one of them was launched";
  tiled->poison();
  EXPECT_NE(tiled->check(), std::nullopt);
  EXPECT_NE(naive->check(), std::nullopt);
  tiled->launch(0);
  EXPECT_EQ(naive->check(), std::nullopt);
}

TEST(GemmShared, OperandsOutliveTheVariantThatMadeThem) {
  EmulatedSession session;
  Operands operands;
  operands.shared = std::make_shared<SharedOperands>();
  auto naive = prepared("naive", operands, session);
  const auto tiled = prepared("tiled", operands, session);
  operands.shared.reset();
  naive.reset();
  tiled->launch(0);
  EXPECT_EQ(tiled->check(), std::nullopt);
}

/// Three matrices each, and none when it is launched, on every set twice.
TEST(GemmTensorMaps, AreEncodedOnceForEachSetOfOperands) {
  EmulatedSession session;
  const int before = cuda::tensor_maps_encoded;
  const auto instance = prepared("tma_wgmma", {}, session, Precision::bf16);
  const int sets = instance->sets();
  ASSERT_GT(sets, 1);
  EXPECT_EQ(cuda::tensor_maps_encoded - before, 3 * sets);
  for (int launch = 0; launch < 2 * sets; ++launch) instance->launch(launch % sets);
  EXPECT_EQ(cuda::tensor_maps_encoded - before, 3 * sets);
  EXPECT_EQ(instance->check(), std::nullopt);
}

TEST(GemmShared, WithoutSharingEachHasItsOwn) {
  EmulatedSession session;
  const auto naive = prepared("naive", {}, session);
  const auto tiled = prepared("tiled", {}, session);
  naive->launch(0);
  EXPECT_EQ(naive->check(), std::nullopt);
  EXPECT_NE(tiled->check(), std::nullopt);
}

}  // namespace
}  // namespace derate::emulation
