// SPDX-License-Identifier: Apache-2.0
// Which sizes gemm refuses, and with which sentence.
#include <gtest/gtest.h>

#include "gemm/work.h"

namespace derate::gemm {
namespace {

Device device_with(std::uint64_t memory_bytes) {
  Device device;
  device.memory_bytes = memory_bytes;
  return device;
}

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 50;

TEST(RefusedSizes, BeginAtTwoToThe31Elements) {
  const Device device = device_with(kPlenty);
  EXPECT_EQ(refused<float>({{"m", 46340}, {"n", 46340}, {"k", 46340}}, device), std::nullopt);
  EXPECT_EQ(refused<float>({{"m", 65536}, {"n", 32767}, {"k", 1}}, device), std::nullopt);
  EXPECT_EQ(
      refused<float>({{"m", 65536}, {"n", 32768}, {"k", 1}}, device).value_or("none"),
      "C would have 65536 x 32768 elements; 2^31 of them, or more than 2^30 in one direction, "
      "are not supported");
  EXPECT_EQ(refused<float>({{"m", 1}, {"n", 1}, {"k", 1 << 30}}, device), std::nullopt);
  EXPECT_NE(refused<float>({{"m", 1}, {"n", 1}, {"k", (1 << 30) + 1}}, device), std::nullopt);
  const std::int64_t longest = 2'147'483'647;
  EXPECT_NE(refused<float>({{"m", longest}, {"n", longest}, {"k", longest}}, device), std::nullopt)
      << "no product of extents may overflow";
}

TEST(RefusedSizes, AreThoseThatTheMemoryDoesNotHold) {
  const Problem problem = cube(16384);  // 3.2 GB in f32, 1.6 GB in bf16
  EXPECT_EQ(refused<float>(problem, device_with(3'000'000'000)).value_or("none"),
            "the matrices take 3 GB, and the device has 3 GB of memory");
  EXPECT_EQ(refused<float>(problem, device_with(16'000'000'000)), std::nullopt);
  EXPECT_EQ(refused<Bf16>(problem, device_with(3'000'000'000)), std::nullopt);
  EXPECT_EQ(refused<float>(problem, device_with(0)), std::nullopt) << "of an unknown size";
}

}  // namespace
}  // namespace derate::gemm
