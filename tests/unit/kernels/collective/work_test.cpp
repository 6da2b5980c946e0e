// SPDX-License-Identifier: Apache-2.0
// Bandwidths of collectives as the documentation of nccl-tests defines them, two of them by hand;
// sizes; and what each rank has to hold in the end.
#include "collective/work.h"

#include <gtest/gtest.h>

namespace derate::collective {
namespace {

// An all-reduce of 1 GiB over 8 GPUs in 4 ms. Algorithm bandwidth: 1,073,741,824 B ÷ 0.004 s =
// 268.435456 GB/s. Bus bandwidth: times 2·7/8 = 1.75, 469.762048 GB/s.
TEST(BusBandwidth, OfAnAllReduceByHand) {
  const Work work = work_of(Operation::all_reduce, sized(1'073'741'824, 8));
  EXPECT_DOUBLE_EQ(work.amount(Bound::link_to_peer) / 0.004, 469.762048e9);
  EXPECT_DOUBLE_EQ(work.bytes / bus_factor(Operation::all_reduce, 8) / 0.004, 268.435456e9);
}

// An all-gather of 1 MiB over 7 GPUs in 10 µs: 262,144 elements are 37,449 for each GPU and one
// left over, so 262,143 or 1,048,572 B. Algorithm bandwidth: 104.8572 GB/s. Bus bandwidth: times
// 6/7, 89.8776 GB/s.
TEST(BusBandwidth, OfAnAllGatherByHand) {
  const Problem problem = sized(1 << 20, 7);
  EXPECT_EQ(count_of(Operation::all_gather, problem), 37'449);
  const Work work = work_of(Operation::all_gather, problem);
  EXPECT_DOUBLE_EQ(work.amount(Bound::link_to_peer) / 10e-6, 89.8776e9);
}

TEST(BusFactor, IsThatOfNcclTests) {
  EXPECT_DOUBLE_EQ(bus_factor(Operation::all_reduce, 2), 1);
  EXPECT_DOUBLE_EQ(bus_factor(Operation::all_gather, 2), 0.5);
  EXPECT_DOUBLE_EQ(bus_factor(Operation::reduce_scatter, 8), 0.875);
  EXPECT_DOUBLE_EQ(bus_factor(Operation::all_to_all, 8), 0.875);
  EXPECT_DOUBLE_EQ(bus_factor(Operation::broadcast, 8), 1);
  EXPECT_DOUBLE_EQ(bus_factor(Operation::all_reduce, 1), 0) << "nothing is sent";
}

TEST(Work, OfASmallMessageIsOneStep) {
  EXPECT_EQ(work_of(Operation::broadcast, sized(1024, 2)).amount(Bound::latency), 1);
}

TEST(Sizes, GoFrom1KibTo1GibAsFarAsTheMemoryAllows) {
  std::vector<Problem> sizes = smaller_sizes(std::uint64_t{80} << 30, 8);
  EXPECT_EQ(sizes.size(), 7U);
  EXPECT_EQ(sizes.front().str(), "bytes:1024/devices:8");
  EXPECT_EQ(sizes.back().str(), "bytes:268435456/devices:8");
  EXPECT_EQ(largest_bytes(std::uint64_t{80} << 30), 1 << 30);
  EXPECT_EQ(largest_bytes(std::uint64_t{2} << 30), 512 << 20);
  EXPECT_EQ(smaller_sizes(std::uint64_t{2} << 30, 8).size(), 7U);
  EXPECT_EQ(size_class(sized(1 << 10, 2)), "small");
  EXPECT_EQ(size_class(sized(1 << 20, 2)), "medium");
  EXPECT_EQ(size_class(sized(1 << 30, 2)), "large");
}

TEST(Sent, IsWholeSoThatSumsAreExact) {
  bool differs = false;
  for (std::int64_t i = 0; i < 2 * kPeriod; ++i) {
    const float value = sent(DataPattern::uniform, 3, i);
    ASSERT_EQ(value, std::floor(value));
    ASSERT_LE(std::abs(value), 32'768);
    differs = differs || value != sent(DataPattern::uniform, 4, i);
  }
  EXPECT_TRUE(differs) << "ranks are to be told apart";
  // 512 of the largest stay below the 2^24 up to which f32 holds every whole number.
  EXPECT_LE(512.0 * 32'768, 0x1p24);
  EXPECT_EQ(sent(DataPattern::zeros, 3, 5), 0);
}

TEST(Received, IsWhatEachOperationDefines) {
  const Problem problem = sized(24, 3);  // six elements, two for each of three ranks
  const auto v = [](int rank, std::int64_t index) {
    return sent(DataPattern::uniform, rank, index);
  };
  const auto got = [&](Operation operation, int rank, std::int64_t index) {
    return received(operation, problem, DataPattern::uniform, rank, index);
  };
  EXPECT_EQ(got(Operation::all_reduce, 1, 5), v(0, 5) + v(1, 5) + v(2, 5));
  EXPECT_EQ(got(Operation::all_gather, 1, 5), v(2, 1));
  EXPECT_EQ(got(Operation::reduce_scatter, 2, 1), v(0, 5) + v(1, 5) + v(2, 5));
  EXPECT_EQ(got(Operation::broadcast, 2, 5), v(0, 5));
  EXPECT_EQ(got(Operation::all_to_all, 1, 5), v(2, 3)) << "rank 2's part for rank 1";
}

}  // namespace
}  // namespace derate::collective
