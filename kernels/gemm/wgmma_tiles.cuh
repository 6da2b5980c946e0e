// SPDX-License-Identifier: Apache-2.0
// The tiles of C that a block of gemm/tma_wgmma or gemm/tcgen05 computes: how large they are, and
// in which order they come so that blocks which run at the same time read few rows of A and few
// columns of B.
#pragma once

#include <cuda_runtime.h>

#include "derate/stage.h"
#include "gemm/stages.cuh"

namespace derate::gemm {

constexpr int kTileRows = 128;
constexpr int kTileColumns = 256;
constexpr int kTileDepth = 64;  // of k, in shared memory at a time
constexpr int kStages = 4;      // of shared memory, in tma_wgmma
constexpr int kBlocks = 2;      // of a cluster, one above the other
constexpr int kBandRows = 8;    // tiles of clusters that run side by side, and so share B in L2

/// The tiles of this block, one after the other. Those of a cluster lie one above the other; the
/// clusters of a band go through its columns side by side. In whole waves every cluster takes as
/// many as the first.
template <Stage kStage>
class Tiles {
 public:
  __device__ Tiles(int m, int n)
      : down_((m + kBlocks * kTileRows - 1) / (kBlocks * kTileRows)),
        across_((n + kTileColumns - 1) / kTileColumns),
        tile_(static_cast<int>(blockIdx.x) / kBlocks) {}

  [[nodiscard]] __device__ bool is_over() const {
    const int first_cluster = kStage == Stage::whole ? tile_ : tile_ - cluster();
    return first_cluster >= down_ * across_;
  }
  __device__ void next() { tile_ += static_cast<int>(gridDim.x) / kBlocks; }

  [[nodiscard]] __device__ int row() const {
    const int pair = first_of_band() + place() % rows_of_band();
    return (pair * kBlocks + static_cast<int>(blockIdx.x) % kBlocks) * kTileRows;
  }
  [[nodiscard]] __device__ int column() const { return place() / rows_of_band() * kTileColumns; }

 private:
  [[nodiscard]] __device__ static int cluster() { return static_cast<int>(blockIdx.x) / kBlocks; }
  [[nodiscard]] __device__ int tile() const { return tile_of<kStage>(tile_, down_ * across_); }
  [[nodiscard]] __device__ int first_of_band() const {
    return tile() / (kBandRows * across_) * kBandRows;
  }
  [[nodiscard]] __device__ int rows_of_band() const {
    const int left = down_ - first_of_band();
    return left < kBandRows ? left : kBandRows;
  }
  [[nodiscard]] __device__ int place() const { return tile() % (kBandRows * across_); }

  int down_;
  int across_;
  int tile_;
};

}  // namespace derate::gemm
