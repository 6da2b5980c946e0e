// SPDX-License-Identifier: Apache-2.0
// The emulation finds planted faults; without these tests its silence would mean nothing.
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/error.h"
#include "faulty_kernels.h"

namespace derate::emulation {
namespace {

using Floats = cuda::DeviceBuffer<float>;

constexpr Schedule kSchedules[] = {
    {Order::forward, 0}, {Order::reverse, 0}, {Order::shuffled, 1}, {Order::shuffled, 2}};

using Reverse = void (*)(const float*, float*, cudaStream_t);

bool reverses(Reverse reverse, Schedule schedule) {
  Floats in(kFaultyThreads);
  Floats out(kFaultyThreads);
  std::iota(in.data(), in.data() + kFaultyThreads, 1.0f);
  out.poison(&schedule);
  reverse(in.data(), out.data(), &schedule);
  const std::vector<float> got = out.to_host(0, kFaultyThreads, &schedule);
  for (int i = 0; i < kFaultyThreads; ++i) {
    if (got[static_cast<std::size_t>(i)] != static_cast<float>(kFaultyThreads - i)) return false;
  }
  return true;
}

std::string message_of(void (*kernel)(float*, cudaStream_t), Schedule schedule) {
  Floats out(2 * kFaultyThreads);
  try {
    kernel(out.data(), &schedule);
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST(Faults, ABarrierMakesThreadsSeeEachOther) {
  for (const Schedule& schedule : kSchedules) EXPECT_TRUE(reverses(reverse_with_barrier, schedule));
}

TEST(Faults, AMissingBarrierGivesAWrongResult) {
  // The first run finds shared memory empty, whatever the order. A later one may find there what
  // the run before it has left, so it is not asked.
  EXPECT_FALSE(reverses(reverse_without_barrier, {Order::shuffled, 1}));
}

TEST(Faults, AMissingSecondBarrierGivesAWrongResult) {
  for (Schedule schedule : kSchedules) {
    Floats out(kFaultyThreads);
    rotate_without_second_barrier(out.data(), &schedule);
    const std::vector<float> got = out.to_host(0, kFaultyThreads, &schedule);
    int wrong = 0;
    for (int i = 0; i < kFaultyThreads; ++i) {
      const int next = (i + 1) % kFaultyThreads;
      const auto right = static_cast<float>(3 * next + 3 * kFaultyThreads);
      wrong += got[static_cast<std::size_t>(i)] != right ? 1 : 0;
    }
    EXPECT_GT(wrong, 0) << "order " << static_cast<int>(schedule.order);
  }
}

TEST(Faults, AThreadThatNeverReachesTheBarrierIsReported) {
  for (const Schedule& schedule : kSchedules) {
    EXPECT_NE(message_of(return_before_barrier, schedule).find("others have finished"),
              std::string::npos);
  }
}

TEST(Faults, TwoBarriersAtOnceAreReported) {
  for (const Schedule& schedule : kSchedules) {
    EXPECT_NE(message_of(wait_at_two_barriers, schedule).find("divergent barrier"),
              std::string::npos);
  }
}

TEST(Faults, ThreadsThatWaitInVainAreReported) {
  for (const Schedule& schedule : kSchedules) {
    EXPECT_NE(message_of(wait_in_vain, schedule).find("deadlock"), std::string::npos);
  }
}

TEST(Faults, BlocksOfAClusterRunTogether) {
  for (Schedule schedule : kSchedules) {
    Floats out(4 * kFaultyThreads);
    hand_on_in_clusters(out.data(), &schedule);
    const std::vector<float> got = out.to_host(0, 4 * kFaultyThreads, &schedule);
    for (int block = 0; block < 4; ++block) {
      const auto first = static_cast<std::size_t>(block * kFaultyThreads);
      EXPECT_EQ(got[first], static_cast<float>((block ^ 1) + 1));
      EXPECT_EQ(got[first + kFaultyThreads - 1], got[first]);
    }
  }
}

TEST(Faults, ABlockMayBeAheadOfTheOthersOfItsCluster) {
  for (const Order order : {Order::forward, Order::reverse}) {
    EXPECT_NE(message_of(hand_on_too_early, {order, 0}).find("deadlock"), std::string::npos);
  }
}

TEST(Faults, AGridThatNoGpuTakesIsReported) {
  EXPECT_THROW(run_grid(
                   3, 32, {}, [] {}, 2),
               DeviceError);
  EXPECT_THROW(run_grid({1, 65536}, 32, {}, [] {}), DeviceError);
  EXPECT_THROW(run_grid(0, 32, {}, [] {}), DeviceError);
  EXPECT_THROW(run_grid(1, 1025, {}, [] {}), DeviceError);
}

TEST(FaultsDeathTest, AnAccessBehindASharedArrayIsCaught) {
  EXPECT_DEATH(
      {
        Floats out(kFaultyThreads);
        read_behind_shared_array(out.data(), nullptr);
      },
      "AddressSanitizer: global-buffer-overflow");
}

TEST(FaultsDeathTest, AnAccessBehindDeviceMemoryIsCaught) {
  EXPECT_DEATH(
      {
        Floats out(kFaultyThreads - 1);
        write_without_guard(out.data(), nullptr);
      },
      "AddressSanitizer: heap-buffer-overflow");
}

TEST(FaultsDeathTest, AMisalignedVectorIsCaught) {
  EXPECT_DEATH(
      {
        Floats in(kFaultyThreads);
        Floats out(kFaultyThreads);
        read_misaligned_vector(in.data(), out.data(), nullptr);
      },
      "misaligned address");
}

}  // namespace
}  // namespace derate::emulation
