// SPDX-License-Identifier: Apache-2.0
// The tiles of C that a block of gemm/multistage can compute, and which of them it takes by the
// size of C and of the device where no tuning table says so.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>

namespace derate::gemm {

struct TileShape {
  int rows;
  int columns;
  int depth = 0;           ///< of k, in shared memory at a time
  int thread_columns = 0;  ///< of the sums that a thread holds; it holds 8 rows
  int stages = 0;          ///< tiles of A and B in shared memory
};

/// The last two are for a measurement to prefer: they have four warps to a block instead of eight,
/// or tiles that are not square, so that several smaller blocks share a multiprocessor. What they
/// gain or lose by that, no issue slot tells.
inline constexpr TileShape kTileShapes[] = {{128, 256, 16, 16, 3},
                                            {128, 128, 8, 8, 4},
                                            {64, 64, 16, 4, 4},
                                            {128, 128, 8, 16, 4},
                                            {64, 128, 8, 8, 4}};
inline constexpr std::size_t kTileShapeCount = std::size(kTileShapes);
inline constexpr std::size_t kUntuned = 3;  ///< the first so many need no measurement

/// "128x256x16/8x16/3": tile, sums per thread, stages.
inline std::string name_of(const TileShape& shape) {
  return std::to_string(shape.rows) + "x" + std::to_string(shape.columns) + "x" +
         std::to_string(shape.depth) + "/8x" + std::to_string(shape.thread_columns) + "/" +
         std::to_string(shape.stages);
}

inline std::int64_t tiles_of(const TileShape& shape, std::int64_t m, std::int64_t n) {
  return (m + shape.rows - 1) / shape.rows * ((n + shape.columns - 1) / shape.columns);
}

/// Of the rate of FFMA, what the issue slots of each tile's loop leave, read from machine code
/// (docs/results; tests/cuda/sass holds this table to it). A row is for `from` and all later
/// compute capabilities up to the next row: 8.6 and 8.9 run the same code at the same rates. The
/// products take FFMA on 10.0 too, which has a rate there (src/hardware/rate.cpp); pairs in one
/// instruction (FFMA2) would need half the slots, and are not tried.
struct IssueShares {
  int from;
  int lanes;  ///< of FP32 in a multiprocessor
  double share[kUntuned];
};
inline constexpr IssueShares kIssueShares[] = {{80, 64, {1.000, 1.000, 1.000}},
                                               {86, 128, {0.930, 0.875, 0.837}},
                                               {90, 128, {0.931, 0.869, 0.839}},
                                               {100, 128, {0.931, 0.856, 0.839}},
                                               {120, 128, {0.928, 0.849, 0.835}}};

inline const IssueShares& issue_shares(int compute_capability) {
  const IssueShares* found = std::begin(kIssueShares);
  for (const IssueShares& row : kIssueShares) {
    if (row.from <= compute_capability) found = &row;
  }
  return *found;
}

/// Of the peak, the most that a tile's loop can reach: what the issue slots leave, or the loads
/// from shared memory. For one k of four warps these are 2 of A and one of B for each four columns,
/// 512 bytes each at 128 a clock.
inline double share_of(std::size_t tile, const IssueShares& shares) {
  const int columns = kTileShapes[tile].thread_columns;
  const double multiply_add_clocks = 4.0 * 32 * 8 * columns / shares.lanes;
  const double load_clocks = 4 * (2 + columns / 4.0) * 512 / 128;
  return std::min(shares.share[tile], multiply_add_clocks / load_clocks);
}

/// Index of the shape with which a device of `units` multiprocessors should be done first: it waits
/// for the one that has the most tiles. So a C of few large tiles is cut into small ones, although
/// these take more time together.
inline std::size_t chosen_tile(std::int64_t m, std::int64_t n, double units,
                               int compute_capability) {
  const IssueShares& shares = issue_shares(compute_capability);
  std::size_t chosen = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < kUntuned; ++i) {
    const TileShape& shape = kTileShapes[i];
    const double most = std::ceil(static_cast<double>(tiles_of(shape, m, n)) / units);
    const double time = most * shape.rows * shape.columns / share_of(i, shares);
    if (time < least) {
      least = time;
      chosen = i;
    }
  }
  return chosen;
}

}  // namespace derate::gemm
