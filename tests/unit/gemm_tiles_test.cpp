// SPDX-License-Identifier: Apache-2.0
// Which tile gemm/multistage takes: large ones where there are enough for all multiprocessors.
#include <gtest/gtest.h>

#include <cstdint>

#include "gemm/tile_choice.h"

namespace derate::gemm {
namespace {

constexpr std::size_t kLarge = 0;
constexpr std::size_t kMedium = 1;
constexpr std::size_t kSmall = 2;

TEST(GemmTiles, CountsThoseAtTheEdges) {
  EXPECT_EQ(tiles_of({128, 256, 1}, 1, 1), 1);
  EXPECT_EQ(tiles_of({128, 256, 1}, 128, 256), 1);
  EXPECT_EQ(tiles_of({128, 256, 1}, 129, 257), 4);
  EXPECT_EQ(tiles_of({64, 64, 1}, std::int64_t{1} << 31, std::int64_t{1} << 31),
            std::int64_t{1} << 50);
}

TEST(GemmTiles, AreAsLargeAsFillsTheDevice) {
  constexpr double kUnits = 132;
  EXPECT_EQ(chosen_tile(8192, 8192, kUnits), kLarge);
  EXPECT_EQ(chosen_tile(4096, 4096, kUnits), kLarge);
  EXPECT_EQ(chosen_tile(2048, 2048, kUnits), kLarge) << "128 tiles for 132 multiprocessors";
  EXPECT_EQ(chosen_tile(1024, 1024, kUnits), kSmall);
  EXPECT_EQ(chosen_tile(512, 512, kUnits), kSmall);
  EXPECT_EQ(chosen_tile(1, 1, kUnits), kSmall);
  EXPECT_EQ(chosen_tile(1408, 1408, kUnits), kMedium) << "121 tiles, where large ones make 66";
}

// The sizes of tests/emulation/workloads_test.cpp, on its device of four multiprocessors.
TEST(GemmTiles, AreAllRunByTheEmulation) {
  EXPECT_EQ(chosen_tile(250, 508, 4), kLarge);
  EXPECT_EQ(chosen_tile(255, 511, 4), kLarge);
  EXPECT_EQ(chosen_tile(256, 252, 4), kMedium);
  EXPECT_EQ(chosen_tile(255, 253, 4), kMedium);
  EXPECT_EQ(chosen_tile(131, 65, 4), kSmall);
  EXPECT_EQ(chosen_tile(128, 64, 4), kSmall);
}

}  // namespace
}  // namespace derate::gemm
