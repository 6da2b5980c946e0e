// SPDX-License-Identifier: Apache-2.0
// Which tile of C a block of gemm/multistage computes, by the size of C and of the device.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>

namespace derate::gemm {

struct TileShape {
  int rows;
  int columns;
  /// Of the peak, the most that its loop can reach: what the issue slots leave, read from machine
  /// code for sm_90 (docs/results); for the smallest, whose 8 x 4 sums per thread take 32 clocks of
  /// the FP32 lanes and 48 of shared memory, what that leaves.
  double share;
};

inline constexpr TileShape kTileShapes[] = {{128, 256, 0.93}, {128, 128, 0.87}, {64, 64, 0.67}};
inline constexpr std::size_t kTileShapeCount = std::size(kTileShapes);

inline std::int64_t tiles_of(const TileShape& shape, std::int64_t m, std::int64_t n) {
  return (m + shape.rows - 1) / shape.rows * ((n + shape.columns - 1) / shape.columns);
}

/// Index of the shape with which a device of `units` multiprocessors should be done first: it waits
/// for the one that has the most tiles. So a C of few large tiles is cut into small ones, although
/// these take more time together.
inline std::size_t chosen_tile(std::int64_t m, std::int64_t n, double units) {
  std::size_t chosen = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < kTileShapeCount; ++i) {
    const TileShape& shape = kTileShapes[i];
    const double most = std::ceil(static_cast<double>(tiles_of(shape, m, n)) / units);
    const double time = most * shape.rows * shape.columns / shape.share;
    if (time < least) {
      least = time;
      chosen = i;
    }
  }
  return chosen;
}

}  // namespace derate::gemm
