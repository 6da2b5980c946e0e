// SPDX-License-Identifier: Apache-2.0
// Which tile gemm/multistage takes: large ones where there are enough for all multiprocessors.
#include "gemm/tile_choice.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace derate::gemm {
namespace {

constexpr std::size_t kLarge = 0;
constexpr std::size_t kMedium = 1;
constexpr std::size_t kSmall = 2;

TEST(GemmTiles, CountsThoseAtTheEdges) {
  EXPECT_EQ(tiles_of({128, 256}, 1, 1), 1);
  EXPECT_EQ(tiles_of({128, 256}, 128, 256), 1);
  EXPECT_EQ(tiles_of({128, 256}, 129, 257), 4);
  EXPECT_EQ(tiles_of({64, 64}, std::int64_t{1} << 31, std::int64_t{1} << 31),
            std::int64_t{1} << 50);
}

TEST(GemmTiles, HaveNamesOfTheirOwn) {
  EXPECT_EQ(name_of(kTileShapes[kLarge]), "128x256x16/8x16/3");
  std::set<std::string> names;
  for (const TileShape& shape : kTileShapes) names.insert(name_of(shape));
  EXPECT_EQ(names.size(), kTileShapeCount);
}

TEST(GemmTiles, AreAsLargeAsFillsTheDevice) {
  constexpr double kUnits = 132;
  constexpr int kCapability = 90;
  const auto chosen = [](std::int64_t m, std::int64_t n) {
    return chosen_tile(m, n, kUnits, kCapability);
  };
  EXPECT_EQ(chosen(8192, 8192), kLarge);
  EXPECT_EQ(chosen(4096, 4096), kLarge);
  EXPECT_EQ(chosen(2048, 2048), kLarge) << "128 tiles for 132 multiprocessors";
  EXPECT_EQ(chosen(1024, 1024), kSmall);
  EXPECT_EQ(chosen(512, 512), kSmall);
  EXPECT_EQ(chosen(1, 1), kSmall);
  EXPECT_EQ(chosen(1408, 1408), kMedium) << "121 tiles, where large ones make 66";
}

TEST(GemmTiles, DoNotWaitForSharedMemoryWhereLanesAreFew) {
  // Half the lanes need twice the clocks, and no tile's loads take longer than that.
  const IssueShares& ampere = issue_shares(80);
  for (std::size_t i = 0; i < kUntuned; ++i) EXPECT_EQ(share_of(i, ampere), 1.0);
  // 32 clocks of the lanes, 48 of shared memory.
  EXPECT_DOUBLE_EQ(share_of(kSmall, issue_shares(90)), 32.0 / 48);
  EXPECT_EQ(share_of(kMedium, issue_shares(90)), issue_shares(90).share[kMedium]);
  // So an A100 takes small tiles where they fill its 108 multiprocessors better: ten of them each
  // at most instead of three medium ones, of which each has four times the work.
  EXPECT_EQ(chosen_tile(2048, 2048, 108, 80), kSmall);
  EXPECT_EQ(chosen_tile(2048, 2048, 108, 86), kMedium);
}

TEST(GemmTiles, TakeTheSharesOfTheLatestArchitectureBefore) {
  for (const auto& [capability, row] : {std::pair{80, 80},
                                        {86, 86},
                                        {87, 86},
                                        {89, 86},
                                        {90, 90},
                                        {100, 100},
                                        {103, 100},
                                        {110, 100},
                                        {120, 120},
                                        {121, 120},
                                        {130, 120},
                                        {75, 80},
                                        {0, 80}}) {
    EXPECT_EQ(issue_shares(capability).from, row) << capability;
  }
}

// The sizes of tests/cuda/emulation/workloads_test.cpp, on its device of four multiprocessors.
TEST(GemmTiles, AreAllRunByTheEmulation) {
  EXPECT_EQ(chosen_tile(250, 508, 4, 90), kLarge);
  EXPECT_EQ(chosen_tile(255, 511, 4, 90), kLarge);
  EXPECT_EQ(chosen_tile(256, 252, 4, 90), kMedium);
  EXPECT_EQ(chosen_tile(255, 253, 4, 90), kMedium);
  EXPECT_EQ(chosen_tile(131, 65, 4, 90), kSmall);
  EXPECT_EQ(chosen_tile(128, 64, 4, 90), kSmall);
}

}  // namespace
}  // namespace derate::gemm
