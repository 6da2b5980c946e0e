// SPDX-License-Identifier: Apache-2.0
// Every stage of the workloads that have any, run on the CPU: it is right by its own reference,
// says what it did, and nothing that did something else passes for it.
#include "gemm/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "gemm/cp_async.cuh"
#include "gemm/tma.cuh"
#include "session.h"

namespace derate {

/// How GoogleTest names a workload.
static void PrintTo(const Workload* workload, std::ostream* out) {
  *out << workload->name << '/' << workload->variant << '/' << to_string(workload->precision);
}

}  // namespace derate

namespace derate::emulation {
namespace {

/// Less than a depth, several blocks with every edge cut, and more of k than all stages hold.
constexpr std::array<std::array<std::int64_t, 3>, 7> kExtents = {{{1, 1, 1},
                                                                  {3, 5, 7},
                                                                  {65, 63, 15},
                                                                  {64, 128, 320},
                                                                  {131, 65, 70},
                                                                  {255, 253, 37},
                                                                  {260, 264, 333}}};

std::vector<Problem> awkward_problems() {
  std::vector<Problem> problems;
  for (const auto& [m, n, k] : kExtents) problems.push_back({{"m", m}, {"n", n}, {"k", k}});
  return problems;
}

/// Products; streams have stages of other kinds, which workloads_test.cpp runs.
std::vector<const Workload*> staged_workloads() {
  std::vector<const Workload*> workloads;
  for (const Workload* workload : registered_workloads()) {
    const bool is_product = workload->backend == "cuda" && workload->name == "gemm";
    if (is_product && workload->stages) workloads.push_back(workload);
  }
  return workloads;
}

class Staged : public testing::TestWithParam<const Workload*> {
 protected:
  [[nodiscard]] std::vector<Stage> stages() const { return workload_.stages(session_.device()); }
  [[nodiscard]] std::unique_ptr<Instance> prepared(const Problem& problem, Operands operands) {
    return workload_.prepare(problem, operands, session_);
  }
  [[nodiscard]] bool has(Stage stage) const {
    const std::vector<Stage> all = stages();
    return std::find(all.begin(), all.end(), stage) != all.end();
  }

  const Workload& workload_ = *GetParam();
  EmulatedSession session_;
};

TEST_P(Staged, IsRightAtEveryStageForAwkwardSizes) {
  for (const Stage stage : stages()) {
    for (const Problem& problem : awkward_problems()) {
      for (const DataPattern data : {DataPattern::uniform, DataPattern::zeros}) {
        session_.set_schedule({Order::shuffled, 1});
        const auto instance =
            prepared(problem, {.cache = CachePolicy::hot, .data = data, .stage = stage});
        EXPECT_NE(instance->check(), std::nullopt) << "nothing has run";
        instance->poison();
        instance->launch(0);
        EXPECT_EQ(instance->check(), std::nullopt)
            << to_string(stage) << ", " << problem.str() << ", " << to_string(data);
        instance->poison();
        EXPECT_NE(instance->check(), std::nullopt) << to_string(stage);
      }
    }
  }
}

TEST_P(Staged, IsRightInEveryConfiguration) {
  if (!workload_.configurations) GTEST_SKIP() << "has only one";
  for (const std::string& configuration : workload_.configurations(session_.device())) {
    for (const Stage stage : stages()) {
      for (const std::int64_t n : {141, 264}) {
        const Problem problem = {{"m", 150}, {"n", n}, {"k", 75}};
        const auto instance = prepared(
            problem, {.cache = CachePolicy::hot, .configuration = configuration, .stage = stage});
        instance->launch(0);
        EXPECT_EQ(instance->check(), std::nullopt)
            << configuration << ", " << to_string(stage) << ", " << problem.str();
        EXPECT_EQ(instance->algorithm(), configuration);
      }
    }
  }
}

/// As they are measured: on the same operands and into the same C, one after the other.
TEST_P(Staged, StagesOnSharedOperandsLeaveEachOtherAlone) {
  const Problem problem = {{"m", 200}, {"n", 136}, {"k", 328}};
  Operands operands;
  operands.shared = std::make_shared<SharedOperands>();
  std::vector<Stage> all = stages();
  all.insert(all.begin(), Stage::whole);
  std::vector<std::unique_ptr<Instance>> instances;
  for (const Stage stage : all) {
    operands.stage = stage;
    instances.push_back(prepared(problem, operands));
  }
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      instances[i]->poison();
      for (int set = 0; set < instances[i]->sets(); ++set) instances[i]->launch(set);
      EXPECT_EQ(instances[i]->check(), std::nullopt) << to_string(all[i]);
    }
  }
}

/// What shares its C with the whole must not take the whole's result for its own, nor the other
/// way.
TEST_P(Staged, WhatLeavesOutOperandsIsNotTheProduct) {
  const Problem problem = {{"m", 100}, {"n", 136}, {"k", 400}};
  for (const Stage stage : {Stage::shared, Stage::registers}) {
    if (!has(stage)) continue;
    Operands operands;
    operands.shared = std::make_shared<SharedOperands>();
    const auto whole = prepared(problem, operands);
    operands.stage = stage;
    const auto partial = prepared(problem, operands);
    whole->launch(0);
    EXPECT_NE(partial->check(), std::nullopt) << to_string(stage);
    partial->launch(0);
    EXPECT_NE(whole->check(), std::nullopt) << to_string(stage);
  }
}

/// Copies from global memory of a launch.
int copies_of(Instance& instance) {
  const int before = gemm::copies_begun + gemm::boxes_loaded;
  instance.launch(0);
  return gemm::copies_begun + gemm::boxes_loaded - before;
}

TEST_P(Staged, WithoutItsCopiesTheLoopHasNone) {
  const Problem some = {{"m", 64}, {"n", 128}, {"k", 512}};
  const Problem deeper = {{"m", 64}, {"n", 128}, {"k", 1024}};
  const auto copies = [&](const Problem& problem, Stage stage) {
    return copies_of(*prepared(problem, {.stage = stage}));
  };
  for (const Stage stage : {Stage::whole, Stage::whole_waves}) {
    EXPECT_EQ(2 * copies(some, stage), copies(deeper, stage)) << to_string(stage);
  }
  for (const Stage stage : {Stage::shared, Stage::registers}) {
    if (!has(stage)) continue;
    EXPECT_GT(copies(some, stage), 0);
    EXPECT_EQ(copies(some, stage), copies(deeper, stage)) << to_string(stage);
    EXPECT_LT(copies(some, stage), copies(some, Stage::whole_waves)) << to_string(stage);
  }
  EXPECT_EQ(copies(some, Stage::launch), 0);
}

TEST_P(Staged, SaysWhatItDid) {
  for (const Problem& problem : awkward_problems()) {
    const double whole = workload_.work(problem).flops;
    EXPECT_EQ(prepared(problem, {})->work_of_launch(), std::nullopt) << "the problem's";
    double waves = 0;
    for (const Stage stage : stages()) {
      const auto work = prepared(problem, {.stage = stage})->work_of_launch();
      if (stage == Stage::launch) {
        ASSERT_TRUE(work);
        EXPECT_EQ(work->flops, 0);
        EXPECT_EQ(work->bytes, 0);
      } else if (stage == Stage::whole_waves) {
        ASSERT_TRUE(work);
        waves = work->flops;
        EXPECT_GE(waves, whole) << problem.str();
        EXPECT_EQ(work->bytes, workload_.work(problem).bytes);
      } else if (stage == Stage::shared || stage == Stage::registers) {
        ASSERT_TRUE(work);
        EXPECT_EQ(work->flops, waves) << "the same grid: " << problem.str();
        EXPECT_LE(work->bytes, workload_.work(problem).bytes);
      } else {
        EXPECT_EQ(work, std::nullopt) << to_string(stage);
      }
    }
  }
}

constexpr Stage kTransfers[] = {Stage::transfer_pageable, Stage::transfer_pinned,
                                Stage::transfer_overlapped};

TEST_P(Staged, TransfersBringTheirOperandsAndTakeTheResultBack) {
  const Problem problem = {{"m", 390}, {"n", 136}, {"k", 40}};
  for (const Stage stage : kTransfers) {
    Operands operands;
    operands.shared = std::make_shared<SharedOperands>();
    const auto whole = prepared(problem, operands);
    operands.stage = stage;
    const auto transfer = prepared(problem, operands);
    EXPECT_EQ(transfer->host_takes_part(), stage == Stage::transfer_pageable);
    EXPECT_FALSE(transfer->is_kernels_alone());
    transfer->poison();
    whole->launch(0);
    EXPECT_NE(whole->check(), std::nullopt) << "operands were left on the device";
    EXPECT_NE(transfer->check(), std::nullopt) << "C was not taken back";
    transfer->launch(0);
    EXPECT_EQ(transfer->check(), std::nullopt) << to_string(stage);
    EXPECT_EQ(whole->check(), std::nullopt) << to_string(stage);
  }
}

/// B before all, each half on a stream of its own, and the session's stream ends last.
TEST_P(Staged, OverlappedHalvesJoinTheSessionsStream) {
  const auto calls_of = [&](Stage stage, std::int64_t m) {
    const auto instance = prepared({{"m", m}, {"n", 136}, {"k", 40}}, {.stage = stage});
    machine.calls.clear();
    instance->launch(0);
    return machine.calls;
  };
  const std::vector<std::string> alone = {"copy on first", "copy on first", "copy on first"};
  EXPECT_EQ(calls_of(Stage::transfer_pinned, 390), alone);
  EXPECT_EQ(calls_of(Stage::transfer_overlapped, 60), alone) << "less than two tiles";
  EXPECT_EQ(calls_of(Stage::transfer_overlapped, 390),
            (std::vector<std::string>{"copy on first", "record on first", "wait on second",
                                      "copy on first", "copy on first", "copy on second",
                                      "copy on second", "record on second", "wait on first"}));
}

std::string staged_name(const testing::TestParamInfo<const Workload*>& info) {
  return info.param->name + "_" + info.param->variant;
}

INSTANTIATE_TEST_SUITE_P(Workloads, Staged, testing::ValuesIn(staged_workloads()), staged_name);

TEST(Stages, OfferWhatAnAttributionDivides) {
  std::vector<std::string> names;
  for (const Workload* workload : staged_workloads()) {
    for (const Stage stage : workload->stages(emulated_device())) {
      names.push_back(workload->variant + ":" + std::string(to_string(stage)));
    }
  }
  for (const char* name :
       {"multistage:whole_waves", "multistage:shared", "multistage:registers", "multistage:launch",
        "multistage:transfer_pageable", "multistage:transfer_pinned",
        "multistage:transfer_overlapped", "tma_wgmma:whole_waves", "tma_wgmma:shared",
        "tma_wgmma:launch", "tma_wgmma:transfer_pageable", "tma_wgmma:transfer_pinned",
        "tma_wgmma:transfer_overlapped", "tcgen05:whole_waves", "tcgen05:shared", "tcgen05:launch",
        "tcgen05:transfer_pageable", "tcgen05:transfer_pinned", "tcgen05:transfer_overlapped"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
}

/// A tile of 64 x 64 with a depth of 16, of which C of 131 x 65 has 3 x 2 tiles; four units hold
/// two blocks each.
TEST(Stages, FillTheLastWave) {
  const auto all = staged_workloads();
  const auto multistage = std::find_if(all.begin(), all.end(), [](const Workload* workload) {
    return workload->variant == "multistage";
  });
  ASSERT_NE(multistage, all.end());
  EmulatedSession session;
  const auto instance =
      (*multistage)
          ->prepare({{"m", 131}, {"n", 65}, {"k", 70}},
                    {.configuration = "64x64x16/8x4/4", .stage = Stage::shared}, session);
  const auto work = instance->work_of_launch();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->flops, 8.0 * 64 * 64 * 2 * 80);
  // Of k the first 6 and three times 16 lie in shared memory.
  EXPECT_EQ(work->bytes, 4.0 * (131 * 54 + 54 * 65 + 131 * 65));
}

/// By going through the loop.
TEST(Stages, CountHowOftenEachProductIsAdded) {
  for (const std::int64_t depth : {8, 16}) {
    for (std::int64_t k = 1; k < 12 * depth; ++k) {
      const std::int64_t tiles = (k + depth - 1) / depth;
      for (const std::int64_t first : {k - (tiles - 1) * depth, std::min(k, depth)}) {
        for (const std::int64_t stages : {3, 4}) {
          const gemm::Pipeline pipeline{k, first, depth, stages};
          ASSERT_EQ(pipeline.tiles(), tiles);
          gemm::Times want(static_cast<std::size_t>(k));
          for (std::int64_t tile = 0; tile < tiles; ++tile) {
            const std::int64_t read = tile % stages;
            const std::int64_t from = read == 0 ? 0 : first + (read - 1) * depth;
            const std::int64_t to = std::min(k, read == 0 ? first : from + depth);
            for (std::int64_t p = from; p < to; ++p) ++want[static_cast<std::size_t>(p)];
          }
          ASSERT_EQ(gemm::times_from_shared(pipeline), want) << k << " by " << depth;
        }
      }
    }
  }
}

}  // namespace
}  // namespace derate::emulation
