// SPDX-License-Identifier: Apache-2.0
// Tiles that the names of algorithms tell, and what they leave of whole waves.
#include "attribution/library_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace derate {
namespace {

TEST(TileOfAlgorithm, IsReadWhereItIsNamed) {
  const auto tile =
      tile_of_algorithm("algorithm 66, tile 128x256, stages 64xauto, split-k 1, cluster 2x1");
  ASSERT_TRUE(tile);
  EXPECT_EQ(tile->rows, 128);
  EXPECT_EQ(tile->columns, 256);
}

TEST(TileOfAlgorithm, IsUnknownElsewhere) {
  EXPECT_FALSE(tile_of_algorithm(""));
  EXPECT_FALSE(tile_of_algorithm("48x1024"));
  EXPECT_FALSE(tile_of_algorithm("algorithm 1, tile undefined"));
  EXPECT_FALSE(tile_of_algorithm("algorithm 1, tile 128"));
  EXPECT_FALSE(tile_of_algorithm("algorithm 1, tile 0x128"));
  EXPECT_FALSE(tile_of_algorithm("algorithm 66, tile 128x256, split-k 3"));
}

TEST(ShareOfWholeWaves, CountsTilesAndWaves) {
  // 8192 cubed in tiles of 128 x 256 are 2048 of them: 15.5 waves of 132, of which 16 run.
  EXPECT_NEAR(share_of_whole_waves(8192, 8192, {128, 256}, 132), 2048.0 / (16 * 132), 1e-12);
  // 33 tiles to a row where 32.01 would do.
  EXPECT_NEAR(share_of_whole_waves(128, 4097, {128, 128}, 33), 4097.0 / (33 * 128), 1e-12);
  EXPECT_TRUE(std::isnan(share_of_whole_waves(128, 128, {128, 128}, 0)));
}

}  // namespace
}  // namespace derate
