// SPDX-License-Identifier: Apache-2.0
// gemm, blocked: a block computes 128 x 128 elements of C, a thread 8 x 8 of them in registers.
//
// Twice as many elements per thread in each direction as in the tiled variant: four 128-bit loads
// feed 64 multiply-adds, where two fed 16, so shared memory is asked for half as much. A lies there
// by columns, so that such loads serve it too; each step's operands are loaded one step ahead. The
// next tile waits in registers, first of A, then of B, while this one is multiplied, and goes to a
// second stage of shared memory, which leaves one barrier per tile.
//
// Bound by the issue of instructions: 88 % of the loop's are multiply-adds (docs/results). On chips
// with 128 FP32 lanes per SM also by shared memory: if nothing is shared between the lanes of a
// warp, its loads take as long as the multiply-adds. Half as fast again as the tiled variant is
// what to expect. What passes through registers takes up those that could hold sums, of which this
// has none left: that is what the multistage variant is rid of.
#include <cuda_runtime.h>

#include <cstdint>

#include "derate/cuda/launch.h"
#include "gemm/device_workload.h"
#include "gemm/register_tile.cuh"

namespace derate::gemm {
namespace {

using Blocked = Tile<128, 128, 8, 8, 2>;
static_assert(Blocked::kThreads * kGroup == Blocked::kRows * Blocked::kDepth &&
                  Blocked::kThreads * kGroup == Blocked::kColumns * Blocked::kDepth,
              "a thread moves four floats of each operand");

/// Four neighbours of a row, of which `inside` exist, and zeros for the others: with one load where
/// kAligned says that they are aligned, and all inside or all outside.
template <bool kAligned>
__device__ inline void read_four(const float* from, int inside, float (&values)[kGroup]) {
  if constexpr (kAligned) {
    const float4 four =
        inside > 0 ? *reinterpret_cast<const float4*>(from) : make_float4(0.0F, 0.0F, 0.0F, 0.0F);
    values[0] = four.x;
    values[1] = four.y;
    values[2] = four.z;
    values[3] = four.w;
  } else {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) values[i] = i < inside ? from[i] : 0.0F;
  }
}

/// The four floats of each operand that a thread moves from global to shared memory.
template <bool kAlignedA, bool kAlignedB>
class Mover {
  using T = Blocked;
  static constexpr int kGroupsOfA = T::kDepth / kGroup;  // in a row of the tile
  static constexpr int kGroupsOfB = T::kColumns / kGroup;

 public:
  __device__ Mover(int m, int n, int k, const float* a, const float* b, TilePlace tile, int thread)
      : n_(n), k_(k), thread_(thread), column_(tile.column + thread % kGroupsOfB * kGroup), b_(b) {
    // Rows that C does not have repeat its last one, and are not stored.
    const int row = tile.row + thread / kGroupsOfA;
    a_row_ = a + static_cast<std::int64_t>(row < m ? row : m - 1) * k;
  }

  /// From the tile of A at `depth`; behind the end of k are zeros. Addresses are computed again
  /// each time, because there are no registers to keep them in.
  __device__ void read_a(int depth) {
    const int p = depth + thread_ % kGroupsOfA * kGroup;
    read_four<kAlignedA>(a_row_ + p, k_ - p, values_);
  }
  __device__ void write_a(float* stage) const {
    float* const column =
        stage + thread_ % kGroupsOfA * kGroup * T::kPitchOfA + thread_ / kGroupsOfA;
#pragma unroll
    for (int i = 0; i < kGroup; ++i) column[i * T::kPitchOfA] = values_[i];
  }

  __device__ void read_b(int depth) {
    const int p = depth + thread_ / kGroupsOfB;
    read_four<kAlignedB>(b_ + (static_cast<std::int64_t>(p) * n_ + column_),
                         p < k_ ? n_ - column_ : 0, values_);
  }
  __device__ void write_b(float* stage) const {
    *reinterpret_cast<float4*>(stage + T::kFloatsOfA + thread_ * kGroup) =
        make_float4(values_[0], values_[1], values_[2], values_[3]);
  }

 private:
  int n_;
  int k_;
  int thread_;
  int column_;  // of B, where the thread's four begin
  const float* a_row_;
  const float* b_;
  float values_[kGroup];
};

template <bool kAlignedA, bool kAlignedB>
__global__ void __launch_bounds__(Blocked::kThreads, 2)
    blocked(int m, int n, int k, const float* __restrict__ a, const float* __restrict__ b,
            float* __restrict__ c) {
  using T = Blocked;
  alignas(16) __shared__ float stages[T::kStages][T::kFloats];
  const int thread = static_cast<int>(threadIdx.x);
  const TilePlace tile = place_of_tile<T>(static_cast<int>(blockIdx.x), m, n);
  const Place place = place_of<T>(thread);
  Mover<kAlignedA, kAlignedB> mover(m, n, k, a, b, tile, thread);
  mover.read_a(0);
  mover.write_a(stages[0]);
  mover.read_b(0);
  mover.write_b(stages[0]);
  __syncthreads();

  Fragment<T> fragments[2];
  Sums<T> sums = {};
  int stage = 0;
#pragma unroll 1
  for (int depth = 0; depth < k; depth += T::kDepth) {
    const float* const a_tile = stages[stage] + place.row;
    const float* const b_tile = stages[stage] + T::kFloatsOfA + place.column;
    stage = 1 - stage;
    fragments[0].load(a_tile, b_tile, 0);
#pragma unroll
    for (int p = 0; p < T::kDepth; ++p) {
      if (p == 0) mover.read_a(depth + T::kDepth);
      if (p == T::kDepth / 2) {
        mover.write_a(stages[stage]);
        mover.read_b(depth + T::kDepth);
      }
      if (p + 1 < T::kDepth) fragments[(p + 1) % 2].load(a_tile, b_tile, p + 1);
      multiply_add<T>(sums, fragments[p % 2]);
    }
    mover.write_b(stages[stage]);
    __syncthreads();
  }
  store<T, kAlignedB>(sums, c, m, n, tile.row + place.row, tile.column + place.column);
}

void multiply(const Product<float>& product, cudaStream_t stream) {
  const bool rows_of_a = is_aligned(product.a, product.k);
  const bool rows_of_b = is_aligned(product.b, product.n) && is_aligned(product.c, product.n);
  auto* const kernel = rows_of_a ? (rows_of_b ? blocked<true, true> : blocked<true, false>)
                                 : (rows_of_b ? blocked<false, true> : blocked<false, false>);
  cuda::launch(kernel, blocks<Blocked>(product.m, product.n), dim3(Blocked::kThreads), stream,
               product.m, product.n, product.k, product.a, product.b, product.c);
}

const Registration registration{own_workload<float>(
    "blocked", {.quick = {4096}, .full = kCubes, .shapes = 100, .speed = 0.6}, multiply)};

}  // namespace
}  // namespace derate::gemm
