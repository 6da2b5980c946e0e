// SPDX-License-Identifier: Apache-2.0
// Which working sets are said to lie in which cache, and the way of a pointer chase through them.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "backend/host/caches.h"
#include "memory/gpu_levels.h"
#include "memory/host_levels.h"

namespace derate::memory {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
using Sizes = std::vector<std::int64_t>;
using host::DataCache;

TEST(DataCaches, AreThoseTheKernelLists) {
  const std::map<std::string, std::string> files = {
      {"cpu2/cache/index0/level", "1"},      {"cpu2/cache/index0/type", "Data"},
      {"cpu2/cache/index0/size", "48K"},     {"cpu2/cache/index0/shared_cpu_list", "2,6"},
      {"cpu2/cache/index1/level", "1"},      {"cpu2/cache/index1/type", "Instruction"},
      {"cpu2/cache/index1/size", "32K"},     {"cpu2/cache/index2/level", "2"},
      {"cpu2/cache/index2/type", "Unified"}, {"cpu2/cache/index2/size", ""},
      {"cpu2/cache/index3/level", "3"},      {"cpu2/cache/index3/type", "Unified"},
      {"cpu2/cache/index3/size", "32M"},     {"cpu2/cache/index3/shared_cpu_list", "0-7"}};
  const auto caches = host::data_caches({2, 3, 9}, [&](const std::string& file) {
    const auto found = files.find(file);
    return found == files.end() ? "" : found->second;
  });
  ASSERT_EQ(caches.size(), 2U);  // no instructions, and nothing of an unknown size
  EXPECT_EQ(caches[0].level, 1);
  EXPECT_EQ(caches[0].bytes, 48U * 1024);
  EXPECT_EQ(caches[0].cores, 1);
  EXPECT_EQ(caches[1].level, 3);
  EXPECT_EQ(caches[1].bytes, 32U << 20);
  EXPECT_EQ(caches[1].cores, 2);  // of CPUs 2, 3 and 9
}

Device device_with(std::int64_t cache, std::int64_t memory) {
  Device device;
  device.last_level_cache_bytes = static_cast<std::uint64_t>(cache);
  device.memory_bytes = static_cast<std::uint64_t>(memory);
  return device;
}

TEST(WorkingSetsOfACpu, AreAQuarterAndAHalfOfTheCacheOrOfAShare) {
  const std::vector<DataCache> caches = {{1, 48 * kKiB, 1}, {2, 1 * kMiB, 1}, {3, 32 * kMiB, 4}};
  const Device device = device_with(32 * kMiB, 8192 * kMiB);
  EXPECT_EQ(working_sets(Level::l1, 1, device, caches), (Sizes{12 * kKiB, 24 * kKiB}));
  EXPECT_EQ(working_sets(Level::l2, 4, device, caches), (Sizes{256 * kKiB, 512 * kKiB}));
  EXPECT_EQ(working_sets(Level::l3, 1, device, caches), (Sizes{8 * kMiB, 16 * kMiB}));
  EXPECT_EQ(working_sets(Level::l3, 4, device, caches), (Sizes{2 * kMiB, 4 * kMiB}));
  EXPECT_EQ(working_sets(Level::dram, 1, device, caches), (Sizes{512 * kMiB}));
  EXPECT_EQ(working_sets(Level::dram, 4, device, caches), (Sizes{128 * kMiB}));
}

TEST(WorkingSetsOfACpu, AreNoneWhereTheLevelBelowWouldHoldThem) {
  const std::vector<DataCache> caches = {{1, 48 * kKiB, 1}, {2, 2 * kMiB, 1}, {3, 60 * kMiB, 32}};
  const Device device = device_with(60 * kMiB, 8192 * kMiB);
  EXPECT_EQ(working_sets(Level::l3, 32, device, caches), Sizes{});  // a share is below an L2
  EXPECT_EQ(working_sets(Level::l3, 1, device, caches), (Sizes{15 * kMiB, 30 * kMiB}));
  EXPECT_EQ(working_sets(Level::l3, 1, device, {{1, 32 * kKiB, 1}}), Sizes{});
}

TEST(WorkingSetsOfAGpu, ArePowersOfTwoWithinTheLevel) {
  Device device = device_with(50 * kMiB, 140'000 * kMiB);
  device.architecture = "sm_90";
  EXPECT_EQ(working_sets(Level::l1, device), (Sizes{32 * kKiB, 64 * kKiB}));
  EXPECT_EQ(working_sets(Level::shared, device), (Sizes{32 * kKiB}));
  EXPECT_EQ(working_sets(Level::l2, device), (Sizes{4 * kMiB, 8 * kMiB}));
  EXPECT_EQ(working_sets(Level::dram, device), (Sizes{1024 * kMiB}));
  device.architecture = "sm_999";
  EXPECT_EQ(working_sets(Level::l1, device), (Sizes{8 * kKiB, 16 * kKiB}));
}

TEST(WorkingSets, OfMemoryAreBeyondTheCacheAndWithinTheMemory) {
  EXPECT_EQ(dram_bytes(device_with(50 * kMiB, 140'000 * kMiB)), 800 * kMiB);
  EXPECT_EQ(dram_bytes(device_with(512 * kMiB, 140'000 * kMiB)), 2048 * kMiB);
  EXPECT_EQ(dram_bytes(device_with(32 * kMiB, 512 * kMiB)), 256 * kMiB);
  EXPECT_EQ(dram_bytes(device_with(0, 0)), 64 * kMiB);
}

constexpr std::int64_t kGiB = 1024 * kMiB;

TEST(StreamedElements, Touch4GiBAnd40TimesTheL2WithinSixTenthsOfTheMemory) {
  const Device h200 = device_with(60 * kMiB, 141 * kGiB);
  EXPECT_EQ(streamed_elements(h200, 4), kGiB);       // sum and fill: 4 GiB, 68 times the L2
  EXPECT_EQ(streamed_elements(h200, 12), kGiB / 2);  // add: 6 GiB
  EXPECT_EQ(streamed_elements(h200, 1), 4 * kGiB);   // bytes
  const Device b200 = device_with(126 * kMiB, 180 * kGiB);
  EXPECT_EQ(streamed_elements(b200, 4), 2 * kGiB);  // 40 times its L2 are more than 4 GiB
  EXPECT_EQ(streamed_elements(b200, 8), kGiB);
  const Device small = device_with(1 * kMiB, 3 * kGiB);
  EXPECT_EQ(streamed_elements(small, 4), kGiB / 4);  // 1 GiB, since 2 are more than six tenths
  EXPECT_EQ(streamed_elements(small, 12), kGiB / 8);
}

TEST(RandomWay, VisitsEveryLineOnceAndBeginsAtTheFirst) {
  for (const std::int64_t count : {1, 2, 3, 1000}) {
    const std::vector<std::uint32_t> way = random_way(count);
    EXPECT_EQ(way.front(), 0U);
    const std::set<std::uint32_t> lines(way.begin(), way.end());
    EXPECT_EQ(static_cast<std::int64_t>(lines.size()), count);
    EXPECT_EQ(*lines.rbegin(), count - 1);
  }
}

TEST(RandomWay, HasNoStrideToPredict) {
  const std::vector<std::uint32_t> way = random_way(4096);
  int near = 0;
  for (std::size_t i = 1; i < way.size(); ++i) {
    const auto step = static_cast<std::int64_t>(way[i]) - static_cast<std::int64_t>(way[i - 1]);
    near += step >= -8 && step <= 8 ? 1 : 0;
  }
  EXPECT_LT(near, 40);  // 16 of 4095 are expected
}

TEST(Stretches, GoOnWhereTheLastEndedUntilAllWasWalked) {
  const Stretches many{.lines = 10, .loads = 3};
  EXPECT_EQ(many.sets(), 4);
  EXPECT_EQ(many.begin(0), 0U);
  for (int set = 1; set < many.sets(); ++set) EXPECT_EQ(many.begin(set), many.end(set - 1));
  EXPECT_EQ(many.end(3), 2U);
  const Stretches one{.lines = 8, .loads = 17};
  EXPECT_EQ(one.sets(), 1);
  EXPECT_EQ(one.end(0), 1U);
}

}  // namespace
}  // namespace derate::memory
