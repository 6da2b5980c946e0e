// SPDX-License-Identifier: Apache-2.0
// What the register-blocked variants share: which elements of its block's tile of C a thread holds,
// how it reads its part of A and B from shared memory, multiplies and stores.
//
// A thread holds 8 x 4, 8 x 8 or 8 x 16 sums in groups of 4 x 4. The lanes of a warp are 4 x 8 of
// these, in z-order: every eight neighbours are 4 x 2 lanes, so that one 128-bit load of theirs
// touches four different pieces of A or two of B, and the others get the same ones.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "gemm/stages.cuh"
#include "gemm/tile_choice.h"

namespace derate::gemm {

constexpr int kGroup = 4;  // floats of one 128-bit load
constexpr int kLaneRows = 4;
constexpr int kLaneColumns = 8;

/// Sizes of the tile of C that a block computes, kDepth of k at a time, and of a thread's part.
template <int kBlockRows, int kBlockColumns, int kBlockDepth, int kThreadColumns, int kBlockStages>
struct Tile {
  static constexpr int kRows = kBlockRows;
  static constexpr int kColumns = kBlockColumns;
  static constexpr int kDepth = kBlockDepth;
  static constexpr int kPerThreadRows = 8;
  static constexpr int kPerThreadColumns = kThreadColumns;
  static constexpr int kStages = kBlockStages;  // tiles of A and B in shared memory
  static constexpr int kRowGroups = kPerThreadRows / kGroup;
  static constexpr int kColumnGroups = kPerThreadColumns / kGroup;
  static constexpr int kWarpRows = kLaneRows * kPerThreadRows;
  static constexpr int kWarpColumns = kLaneColumns * kPerThreadColumns;
  static constexpr int kThreads = kRows / kWarpRows * (kColumns / kWarpColumns) * 32;
  // A is stored by columns, which start 4 banks apart: that keeps them aligned for 128-bit loads,
  // and 8 columns by 4 rows, which a warp stores at a time, lie in 32 different banks.
  static constexpr int kPitchOfA = kRows + 4;
  static constexpr int kFloatsOfA = kPitchOfA * kDepth;
  static constexpr int kFloats = kFloatsOfA + kColumns * kDepth;  // of one stage: A, then B
  static constexpr int kSharedBytes = kStages * kFloats * static_cast<int>(sizeof(float));
  static_assert(kRows % kWarpRows == 0 && kColumns % kWarpColumns == 0 && kDepth % 8 == 0);
};

template <typename T>
constexpr bool matches(const TileShape& shape) {
  return T::kRows == shape.rows && T::kColumns == shape.columns && T::kDepth == shape.depth &&
         T::kPerThreadColumns == shape.thread_columns && T::kStages == shape.stages;
}

/// Blocks that it takes to compute C. In one dimension, because the others end at 65535.
template <typename T>
dim3 blocks(int m, int n) {
  return dim3(static_cast<unsigned>(tiles_of({T::kRows, T::kColumns}, m, n)));
}

/// The same where a block asks, in 32 bits.
template <typename T>
__device__ inline int tiles_across(int m, int n) {
  return (m + T::kRows - 1) / T::kRows * ((n + T::kColumns - 1) / T::kColumns);
}

/// Whether rows of `columns` floats can be read four at a time.
inline bool is_aligned(const float* first, int columns) {
  return columns % kGroup == 0 && reinterpret_cast<std::uintptr_t>(first) % sizeof(float4) == 0;
}

/// First row and column of a block's tile. Blocks that run at the same time, which have
/// neighbouring numbers, go down eight tiles before they go right, so that together they read few
/// rows of A and few columns of B, and L2 holds them.
struct TilePlace {
  int row;
  int column;
};
template <typename T>
__device__ inline TilePlace place_of_tile(int block, int m, int n) {
  constexpr int kBand = 8;
  const int rows = (m + T::kRows - 1) / T::kRows;
  const int columns = (n + T::kColumns - 1) / T::kColumns;
  const int first_row = block / (kBand * columns) * kBand;
  const int place = block % (kBand * columns);
  const int height = rows - first_row < kBand ? rows - first_row : kBand;
  return {(first_row + place % height) * T::kRows, place / height * T::kColumns};
}

/// Row and column of a thread's first element in its block's tile. The next groups of four follow
/// at a distance of kLaneRows and kLaneColumns groups.
struct Place {
  int row;
  int column;
};
template <typename T>
__device__ inline Place place_of(int thread) {
  const int lane = thread % 32;
  const int warp = thread / 32;
  constexpr int kWarpsPerRow = T::kColumns / T::kWarpColumns;
  const int lane_row = lane / 2 % 4;
  const int lane_column = lane % 2 + lane / 8 * 2;
  return {warp / kWarpsPerRow * T::kWarpRows + lane_row * kGroup,
          warp % kWarpsPerRow * T::kWarpColumns + lane_column * kGroup};
}

/// A thread's part of one column of A and one row of B.
template <typename T>
struct Fragment {
  float a[T::kPerThreadRows];
  float b[T::kPerThreadColumns];

  /// `a_tile` and `b_tile`: the thread's first row and column in a stage of shared memory.
  __device__ inline void load(const float* a_tile, const float* b_tile, int p) {
#pragma unroll
    for (int i = 0; i < T::kRowGroups; ++i) {
      read(a_tile + p * T::kPitchOfA + i * kLaneRows * kGroup, a + i * kGroup);
    }
#pragma unroll
    for (int j = 0; j < T::kColumnGroups; ++j) {
      read(b_tile + p * T::kColumns + j * kLaneColumns * kGroup, b + j * kGroup);
    }
  }

  /// Of operands that stay where they are (stages.cuh).
  __device__ inline void make_opaque() {
#pragma unroll
    for (float& value : a) gemm::make_opaque(value);
#pragma unroll
    for (float& value : b) gemm::make_opaque(value);
  }

  __device__ static inline void read(const float* shared, float* values) {
    const float4 group = *reinterpret_cast<const float4*>(shared);
    values[0] = group.x;
    values[1] = group.y;
    values[2] = group.z;
    values[3] = group.w;
  }
};

template <typename T>
using Sums = float[T::kPerThreadRows][T::kPerThreadColumns];

/// Down one column and up the next: each multiply-add then has an operand in common with the one
/// before, also at the turns, which the compiler lets it take from there. One that reads three
/// registers again may find two of them in one bank.
template <typename T>
__device__ inline void multiply_add(Sums<T>& sums, const Fragment<T>& fragment) {
#pragma unroll
  for (int j = 0; j < T::kPerThreadColumns; ++j) {
#pragma unroll
    for (int step = 0; step < T::kPerThreadRows; ++step) {
      const int i = j % 2 == 0 ? step : T::kPerThreadRows - 1 - step;
      sums[i][j] += fragment.a[i] * fragment.b[j];
    }
  }
}

/// Writes what lies within C, `row` and `column` being the thread's first ones; kAligned: n is a
/// multiple of four and C aligned, so that four neighbours are all inside or all outside.
template <typename T, bool kAligned>
__device__ inline void store(const Sums<T>& sums, float* c, int m, int n, int row, int column) {
#pragma unroll
  for (int i = 0; i < T::kPerThreadRows; ++i) {
    const int c_row = row + i / kGroup * kLaneRows * kGroup + i % kGroup;
    if (c_row >= m) continue;
    float* const c_of_row = c + static_cast<std::int64_t>(c_row) * n;
#pragma unroll
    for (int j = 0; j < T::kPerThreadColumns; j += kGroup) {
      const int first = column + j * kLaneColumns;
      if constexpr (kAligned) {
        if (first < n) {
          *reinterpret_cast<float4*>(c_of_row + first) =
              make_float4(sums[i][j], sums[i][j + 1], sums[i][j + 2], sums[i][j + 3]);
        }
      } else {
#pragma unroll
        for (int l = 0; l < kGroup; ++l) {
          if (first + l < n) c_of_row[first + l] = sums[i][j + l];
        }
      }
    }
  }
}

}  // namespace derate::gemm
