// SPDX-License-Identifier: Apache-2.0
// The sampling of gemm's check: what lies between the samples, it cannot see.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "gemm/work.h"

namespace derate::gemm {
namespace {

TEST(GemmCheck, SamplesEveryIntervalAndBothEnds) {
  for (const std::int64_t spacing : {1, 2, 16, 64}) {
    for (const std::int64_t extent : {1, 2, 63, 64, 65, 100, 4096, 4100}) {
      const std::vector<std::int64_t> indices = sampled(extent, spacing);
      EXPECT_EQ(indices.front(), 0);
      EXPECT_EQ(indices.back(), extent - 1);
      std::set<std::int64_t> intervals;
      for (const std::int64_t index : indices) intervals.insert(index / spacing);
      EXPECT_EQ(static_cast<std::int64_t>(intervals.size()), (extent + spacing - 1) / spacing)
          << extent << " by " << spacing;
      EXPECT_EQ(std::set<std::int64_t>(indices.begin(), indices.end()).size(), indices.size());
    }
  }
}

TEST(GemmCheck, SamplesEveryPlaceInATile) {
  std::set<std::int64_t> offsets;
  for (const std::int64_t index : sampled(4096, 64)) offsets.insert(index % 64);
  EXPECT_EQ(offsets.size(), 64u);
}

TEST(GemmCheck, NeverSkipsA64x64Tile) {
  for (const std::int64_t edge : {1, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}) {
    EXPECT_LE(check_spacing(cube(edge)), 64) << edge;
    EXPECT_GE(check_spacing(cube(edge)), check_spacing(cube(1))) << edge;
  }
  EXPECT_EQ(check_spacing(cube(128)), 1) << "a small product is checked in full";
  EXPECT_EQ(check_spacing({{"m", 131}, {"n", 65}, {"k", 70}}), 1);
}

/// A C of zeros but for one tile, against operands of zeros.
TEST(GemmCheck, FindsOneWrongTileWhereverItIs) {
  const Problem problem = {{"m", 256}, {"n", 320}, {"k", 4096}};
  ASSERT_GT(check_spacing(problem), 1);
  for (std::int64_t first_row = 0; first_row < 256; first_row += 64) {
    for (std::int64_t first_column = 0; first_column < 320; first_column += 64) {
      const auto row_of = [&](std::int64_t row) {
        std::vector<float> c(320);
        const bool wrong = row >= first_row && row < first_row + 64;
        for (std::int64_t i = 0; i < 64 && wrong; ++i) {
          c[static_cast<std::size_t>(first_column + i)] = 1;
        }
        return c;
      };
      EXPECT_NE(check<float>(DataPattern::zeros, problem, row_of), std::nullopt)
          << "tile at " << first_row << ", " << first_column;
    }
  }
}

}  // namespace
}  // namespace derate::gemm
