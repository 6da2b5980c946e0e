// SPDX-License-Identifier: Apache-2.0
// Every registered CUDA workload, run on the CPU under AddressSanitizer and UBSan over sizes that
// fit no tile, in three orders of its threads.
#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "session.h"

namespace derate {

/// How GoogleTest names a workload; without it, by its address, which changes with every run.
static void PrintTo(const Workload* workload, std::ostream* out) {
  *out << workload->name << '/' << workload->variant << '/' << to_string(workload->precision);
}

}  // namespace derate

namespace derate::emulation {
namespace {

constexpr Schedule kSchedules[] = {
    {Order::forward, 0}, {Order::reverse, 0}, {Order::shuffled, 1}, {Order::shuffled, 2}};

/// Around the edges of tiles, vectors and unrolled loops; a workload without an entry is run with
/// its own test problem only.
std::vector<Problem> problems_of(const Workload& workload) {
  std::vector<Problem> problems = {workload.test_problem()};
  if (workload.name == "vector_add") {
    for (const std::int64_t n : {1, 3, 4, 5, 255, 2047, 2048, 2049, 4095, 4096, 4097, 10'007}) {
      problems.push_back({{"n", n}});
    }
  } else if (workload.size_class(workload.test_problem()) == "medium" &&
             workload.name.starts_with("memory_")) {
    for (const std::int64_t n : {1, 3, 5, 255, 2048, 4095, 4096, 4097, 8191, 8192, 8193, 20'007}) {
      problems.push_back({{"n", n}});
    }
  } else if (workload.name == "fma_chain") {
    // A thread holds one, two or four lanes, a block 256 threads.
    for (const std::int64_t lanes : {1, 255, 256, 257, 513, 1025}) {
      for (const std::int64_t steps : {1, 63, 64, 65, 130}) {
        problems.push_back({{"lanes", lanes}, {"chains", 8}, {"steps", steps}});
      }
    }
  } else if (workload.name == "transfer" && workload.variant != "peer") {
    // One more than a window, and than what is compared as a whole.
    for (const std::int64_t elements : {1, 4097, 262'145}) {
      problems.push_back({{"bytes", 4 * elements}});
    }
  } else if (workload.name == "gemm") {
    // The last four are for the larger tiles (tests/unit/kernels/gemm/tile_choice_test.cpp).
    for (const auto& [m, n, k] : std::vector<std::array<std::int64_t, 3>>{{1, 1, 1},
                                                                          {1, 130, 3},
                                                                          {130, 1, 5},
                                                                          {3, 5, 129},
                                                                          {63, 65, 17},
                                                                          {64, 64, 16},
                                                                          {65, 63, 15},
                                                                          {128, 64, 32},
                                                                          {33, 47, 64},
                                                                          {127, 129, 33},
                                                                          {256, 252, 65},
                                                                          {255, 253, 37},
                                                                          {250, 508, 70},
                                                                          {255, 511, 33}}) {
      problems.push_back({{"m", m}, {"n", n}, {"k", k}});
    }
    if (workload.units == Units::tensor) {
      // Rows of whole chunks of 16 bytes: several tiles deep and several blocks, cut off in every
      // direction; and more rows of blocks than run as one group.
      problems.push_back({{"m", 200}, {"n", 136}, {"k", 168}});
      problems.push_back({{"m", 1100}, {"n", 264}, {"k", 8}});
      // More stages than a pipeline of bulk copies has, of several tiles one after the other.
      problems.push_back({{"m", 600}, {"n", 258}, {"k", 333}});
    }
  }
  return problems;
}

/// Tensor instructions are slow here, and exchange what they need in a way of their own: two orders
/// are enough for what is around them.
std::vector<Schedule> schedules_of(const Workload& workload) {
  const std::vector<Schedule> all(std::begin(kSchedules), std::end(kSchedules));
  if (workload.units == Units::vector) return all;
  return {all.front(), all.back()};
}

std::vector<const Workload*> cuda_workloads() {
  std::vector<const Workload*> workloads;
  for (const Workload* workload : registered_workloads()) {
    if (workload->backend == "cuda") workloads.push_back(workload);
  }
  return workloads;
}

class Emulated : public testing::TestWithParam<const Workload*> {
 protected:
  const Workload& workload_ = *GetParam();
  EmulatedSession session_;
};

TEST_P(Emulated, IsRightForAwkwardSizesInAnyOrderOfThreads) {
  for (const Problem& problem : problems_of(workload_)) {
    for (const DataPattern data : {DataPattern::uniform, DataPattern::zeros}) {
      for (const Schedule& schedule : schedules_of(workload_)) {
        session_.set_schedule(schedule);
        // A fresh instance each time: what the previous order wrote must not be found again.
        const auto instance =
            workload_.prepare(problem, {.cache = CachePolicy::hot, .data = data}, session_);
        instance->launch(0);
        EXPECT_EQ(instance->check(), std::nullopt)
            << problem.str() << ", " << to_string(data) << ", order "
            << static_cast<int>(schedule.order);
      }
    }
  }
}

/// Which the test above runs as the workload itself chooses.
TEST_P(Emulated, IsRightInEveryConfiguration) {
  if (!workload_.configurations) GTEST_SKIP() << "has only one";
  const std::vector<std::string> configurations = workload_.configurations(session_.device());
  EXPECT_GT(std::set<std::string>(configurations.begin(), configurations.end()).size(), 1u);
  for (const std::string& configuration : configurations) {
    for (const Problem& problem : problems_of(workload_)) {
      session_.set_schedule(kSchedules[std::size(kSchedules) - 1]);
      const auto instance = workload_.prepare(
          problem, {.cache = CachePolicy::hot, .configuration = configuration}, session_);
      instance->launch(0);
      EXPECT_EQ(instance->check(), std::nullopt) << configuration << ", " << problem.str();
      EXPECT_EQ(instance->algorithm(), configuration);
    }
  }
}

TEST_P(Emulated, IsRightAtEveryStage) {
  if (!workload_.stages) GTEST_SKIP() << "has none";
  for (const Stage stage : workload_.stages(session_.device())) {
    for (const Problem& problem : problems_of(workload_)) {
      session_.set_schedule(kSchedules[std::size(kSchedules) - 1]);
      Operands operands{.cache = CachePolicy::hot, .stage = stage};
      for (const bool shared : {false, true}) {
        if (shared) operands.shared = std::make_shared<SharedOperands>();
        const auto instance = workload_.prepare(problem, operands, session_);
        EXPECT_NE(instance->check(), std::nullopt) << "before anything ran";
        instance->launch(0);
        EXPECT_EQ(instance->check(), std::nullopt) << to_string(stage) << ", " << problem.str();
      }
    }
  }
}

TEST_P(Emulated, RepeatsOnEveryOperandSet) {
  const auto instance =
      workload_.prepare(workload_.test_problem(), {.cache = CachePolicy::cold}, session_);
  for (int round = 0; round < 2; ++round) {
    for (int set = 0; set < instance->sets(); ++set) instance->launch(set);
  }
  EXPECT_EQ(instance->check(), std::nullopt);
}

TEST_P(Emulated, FindsThatNothingWasComputed) {
  const auto instance = workload_.prepare(workload_.test_problem(), {}, session_);
  EXPECT_NE(instance->check(), std::nullopt) << "poisoned output passed the check";
}

TEST_P(Emulated, OffersProblemsWithWork) {
  Device device = emulated_device();
  for (const char* architecture : {"sm_75", "sm_90", "sm_100", "sm_120", "sm_999", ""}) {
    device.architecture = architecture;
    std::vector<Problem> problems = workload_.problems(device);
    if (workload_.more_problems) {
      for (const Problem& problem : workload_.more_problems(device)) problems.push_back(problem);
    }
    ASSERT_FALSE(problems.empty()) << architecture;
    for (const Problem& problem : problems) {
      EXPECT_GT(workload_.work(problem).amount(workload_.bound), 0) << problem.str();
      EXPECT_FALSE(workload_.size_class(problem).empty()) << problem.str();
    }
  }
}

std::string test_name(const testing::TestParamInfo<const Workload*>& info) {
  const Workload& workload = *info.param;
  return workload.name + "_" + workload.variant + "_" + std::string(to_string(workload.precision));
}

INSTANTIATE_TEST_SUITE_P(Workloads, Emulated, testing::ValuesIn(cuda_workloads()), test_name);

// Guards against a build that links none of them, which would pass every test above.
TEST(Registry, HoldsTheKernelsOfThisFolder) {
  std::set<std::string> names;
  for (const Workload* workload : cuda_workloads()) {
    names.insert(workload->name + "/" + workload->variant);
  }
  EXPECT_TRUE(names.contains("vector_add/vectorized"));
  for (const char* stream : {"copy", "triad", "sum", "fill"}) {
    EXPECT_TRUE(names.contains(std::string("memory_") + stream + "/vectorized")) << stream;
  }
  for (const char* level : {"L1", "shared", "L2", "DRAM"}) {
    EXPECT_TRUE(names.contains(std::string("memory_read/") + level)) << level;
    EXPECT_TRUE(names.contains(std::string("memory_latency/") + level)) << level;
  }
  EXPECT_TRUE(names.contains("fma_chain/registers"));
  EXPECT_TRUE(names.contains("fma_chain/packed"));
  EXPECT_TRUE(names.contains("gemm/naive"));
  EXPECT_TRUE(names.contains("gemm/tiled"));
  for (const char* memory : {"pinned", "pageable"}) {
    for (const char* way : {"to_device", "to_host", "both_ways"}) {
      const std::string name = std::string("transfer/") + memory + "_" + way;
      EXPECT_TRUE(names.contains(name)) << name;
    }
  }
  EXPECT_TRUE(names.contains("transfer/peer"));
  for (const char* launch : {"queued", "round_trip", "graph"}) {
    EXPECT_TRUE(names.contains(std::string("launch/") + launch)) << launch;
  }
  EXPECT_TRUE(names.contains("gemm/blocked"));
  EXPECT_TRUE(names.contains("gemm/multistage"));
  EXPECT_TRUE(names.contains("gemm/mma_sync"));
  EXPECT_TRUE(names.contains("gemm/tma_wgmma"));
  EXPECT_TRUE(names.contains("gemm/tcgen05"));
  EXPECT_TRUE(names.contains("mma_chain/mma_sync"));
  EXPECT_TRUE(names.contains("mma_chain/wgmma"));
  EXPECT_TRUE(names.contains("mma_chain/tcgen05"));
  EXPECT_TRUE(names.contains("mma_chain/tcgen05_scaled"));
}

}  // namespace
}  // namespace derate::emulation
