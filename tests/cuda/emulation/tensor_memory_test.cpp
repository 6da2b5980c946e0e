// SPDX-License-Identifier: Apache-2.0
// The emulation of tensor memory finds planted faults: each by the rule that it breaks, or by a
// result that is none.
#include "tensor_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/error.h"
#include "faulty_tensor_kernels.h"
#include "fibers.h"
#include "mma_chain/tcgen05_operands.h"

namespace derate::emulation {
namespace {

using Fault = TensorFault;
using mma_chain::F16;

constexpr Schedule kSchedules[] = {
    {Order::forward, 0}, {Order::reverse, 0}, {Order::shuffled, 1}, {Order::shuffled, 2}};
constexpr int kSums = kTensorRows * kTensorWidth;

int of_a(int row, int depth) { return row % 7 - depth % 3; }
int of_b(int column, int depth) { return column % 5 + depth % 2; }

std::vector<uint4> operands() {
  std::vector<uint4> all((kTensorRows + kTensorWidth) * 2);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(all.data());
  mma_chain::lay_out<F16>(kTensorRows, 1, bytes, of_a);
  mma_chain::lay_out<F16>(kTensorWidth, 1, bytes + kTensorRows * 32, of_b);
  return all;
}

float expected(int row, int column) {
  int product = 0;
  for (int depth = 0; depth < 16; ++depth) product += of_a(row, depth) * of_b(column, depth);
  return static_cast<float>(1 + 2 * product);
}

/// What the kernel is refused for, "" if it is right, "wrong" if it ends with something else.
std::string said(Fault fault, Schedule schedule = kSchedules[0]) {
  cuda::DeviceBuffer<uint4> in(static_cast<std::int64_t>(operands().size()));
  cuda::DeviceBuffer<float> out(kSums);
  in.upload(operands(), &schedule);
  out.poison(&schedule);
  try {
    multiply_in_tensor_memory(fault, in.data(), out.data(), &schedule);
  } catch (const DeviceError& error) {
    return error.what();
  }
  const std::vector<float> got = out.to_host(0, kSums, &schedule);
  for (int i = 0; i < kSums; ++i) {
    if (got[static_cast<std::size_t>(i)] != expected(i % kTensorRows, i / kTensorRows)) {
      return "wrong";
    }
  }
  return "";
}

TEST(TensorMemory, HoldsASumInAnyOrderOfThreads) {
  for (const Schedule& schedule : kSchedules) EXPECT_EQ(said(Fault::none, schedule), "");
}

struct Planted {
  Fault fault;
  const char* sentence;
};

// In any order of threads, but for what only one that comes early does to the others.
constexpr Planted kPlanted[] = {
    {Fault::no_wait_for_stores, "stores and has not waited for"},
    {Fault::no_fence_before, "without tcgen05.fence::before_thread_sync"},
    {Fault::no_fence_after_sync, "without tcgen05.fence::after_thread_sync"},
    {Fault::multiply_too_far, "are used, and not all of them are allocated"},
    {Fault::descriptor, "a shared memory descriptor of something unknown"},
    {Fault::shape, "are used, and not all of them are allocated"},
    {Fault::commit_too_early, "are loaded while a tensor instruction that uses them is under way"},
    {Fault::commit_elsewhere, "deadlock: a thread waits"},
    {Fault::no_fence_after_wait, "loaded without tcgen05.fence::after_thread_sync"},
    {Fault::load_too_far, "are used, and not all of them are allocated"},
    {Fault::other_lanes, "reaches 32 lanes of tensor memory from"},
    {Fault::half_a_warp, "threads of a warp"},
    {Fault::early_use, "wrong"},
    {Fault::no_wait_for_loads, "are freed while they are in use"},
    {Fault::free_other, "are freed, and were not allocated so"},
    {Fault::other_warp, "another warp frees tensor memory than has allocated it"},
    {Fault::no_free, "has not freed its tensor memory"},
    {Fault::no_end_of_allocations, "has not given up the right to allocate"},
    {Fault::allocate_48, "has no 48 columns to allocate at once"},
    {Fault::allocate_after_end, "allocates after it has given up the right to"},
};

TEST(TensorMemory, FindsEveryPlantedFault) {
  for (const Planted& planted : kPlanted) {
    for (const Schedule& schedule : kSchedules) {
      EXPECT_NE(said(planted.fault, schedule).find(planted.sentence), std::string::npos)
          << static_cast<int>(planted.fault) << " in order " << static_cast<int>(schedule.order)
          << ": " << said(planted.fault, schedule);
    }
  }
}

/// Some thread comes so early that it shows.
bool is_found(Fault fault, const std::string& sentence) {
  bool found = false;
  for (const Schedule& schedule : kSchedules) {
    found = found || said(fault, schedule).find(sentence) != std::string::npos;
  }
  return found;
}

TEST(TensorMemory, FindsWhoComesTooEarly) {
  EXPECT_TRUE(is_found(Fault::free_too_early, "are used, and not all of them are allocated"));
  EXPECT_TRUE(is_found(Fault::no_wait, "is under way"));
}

TEST(TensorMemory, AnAllocationWaitsForColumnsThatAnotherProgramHolds) {
  columns_held_elsewhere = kTensorColumns - kTensorWidth;
  EXPECT_EQ(said(Fault::none), "");
  columns_held_elsewhere = kTensorColumns - kTensorWidth / 2;
  EXPECT_NE(said(Fault::none).find("deadlock: a thread waits"), std::string::npos);
  columns_held_elsewhere = 0;
}

}  // namespace
}  // namespace derate::emulation
