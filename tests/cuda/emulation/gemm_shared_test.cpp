// SPDX-License-Identifier: Apache-2.0
// gemm's variants on the same operands, as they are measured side by side.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "session.h"

namespace derate::emulation {
namespace {

std::unique_ptr<Instance> prepared(std::string_view variant, const Operands& operands,
                                   EmulatedSession& session) {
  const auto workloads = registered_workloads();
  const auto found =
      std::find_if(workloads.begin(), workloads.end(), [&](const Workload* workload) {
        return workload->backend == "cuda" && workload->name == "gemm" &&
               workload->variant == variant && workload->precision == Precision::f32;
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
