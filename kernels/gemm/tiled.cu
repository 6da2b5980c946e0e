// SPDX-License-Identifier: Apache-2.0
// gemm, tiled: a block computes 64 x 64 elements of C from 64 x 16 and 16 x 64 tiles in shared
// memory, a thread 4 x 4 of them in registers.
//
// Global traffic falls to 1/64 of the naive variant's. Now bound by shared memory: two 128-bit
// loads feed 16 multiply-adds, and both take the load unit about as long as the multiply-adds take
// the arithmetic units. A block waits at two barriers per tile, with other blocks to fill in. Half
// of the peak is what to expect; 8 x 8 elements per thread would halve the loads.
#include <cuda_runtime.h>

#include <cstdint>
#include <optional>
#include <string>

#include "derate/cuda/launch.h"
#include "gemm/device_workload.h"

namespace derate::gemm {
namespace {

constexpr int kTile = 64;      // rows and columns of C per block
constexpr int kDepth = 16;     // of k per step
constexpr int kPerThread = 4;  // rows and columns of C per thread
constexpr int kSide = kTile / kPerThread;
constexpr int kThreads = kSide * kSide;
// Rows of the transposed tile of A start 4 banks apart, which keeps them aligned for 128-bit loads
// and lets the 16 stores of a column go to 8 banks instead of one.
constexpr int kPadding = 4;

__global__ void __launch_bounds__(kThreads)
    tiled(int m, int n, int k, const float* __restrict__ a, const float* __restrict__ b,
          float* __restrict__ c) {
  alignas(16) __shared__ float a_tile[kDepth][kTile + kPadding];  // transposed: [p][row]
  alignas(16) __shared__ float b_tile[kDepth][kTile];
  const int thread = static_cast<int>(threadIdx.x);
  const int first_row = static_cast<int>(blockIdx.y) * kTile;
  const int first_column = static_cast<int>(blockIdx.x) * kTile;
  const int row = thread / kSide * kPerThread;
  const int column = thread % kSide * kPerThread;

  float sums[kPerThread][kPerThread] = {};
  for (int depth = 0; depth < k; depth += kDepth) {
#pragma unroll
    for (int load = 0; load < kTile * kDepth / kThreads; ++load) {
      const int i = load * kThreads + thread;
      const int a_row = i / kDepth;
      const int a_p = i % kDepth;
      const bool a_inside = first_row + a_row < m && depth + a_p < k;
      a_tile[a_p][a_row] =
          a_inside ? a[static_cast<std::int64_t>(first_row + a_row) * k + depth + a_p] : 0.0f;
      const int b_p = i / kTile;
      const int b_column = i % kTile;
      const bool b_inside = depth + b_p < k && first_column + b_column < n;
      b_tile[b_p][b_column] =
          b_inside ? b[static_cast<std::int64_t>(depth + b_p) * n + first_column + b_column] : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int p = 0; p < kDepth; ++p) {
      const float4 a_vector = *reinterpret_cast<const float4*>(&a_tile[p][row]);
      const float4 b_vector = *reinterpret_cast<const float4*>(&b_tile[p][column]);
      const float a_values[kPerThread] = {a_vector.x, a_vector.y, a_vector.z, a_vector.w};
      const float b_values[kPerThread] = {b_vector.x, b_vector.y, b_vector.z, b_vector.w};
#pragma unroll
      for (int i = 0; i < kPerThread; ++i) {
#pragma unroll
        for (int j = 0; j < kPerThread; ++j) sums[i][j] += a_values[i] * b_values[j];
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
#pragma unroll
    for (int j = 0; j < kPerThread; ++j) {
      const int c_row = first_row + row + i;
      const int c_column = first_column + column + j;
      if (c_row < m && c_column < n) {
        c[static_cast<std::int64_t>(c_row) * n + c_column] = sums[i][j];
      }
    }
  }
}

void multiply(const Product<float>& product, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((product.n + kTile - 1) / kTile),
                  static_cast<unsigned>((product.m + kTile - 1) / kTile));
  cuda::launch(tiled, grid, dim3(kThreads), stream, product.m, product.n, product.k, product.a,
               product.b, product.c);
}

/// A block has 64 rows, and a grid 65,535 blocks in that direction.
std::optional<std::string> refuses(const Problem& problem, const Device& device) {
  if (problem.at("m") <= 65'535 * kTile) return refused<float>(problem, device);
  return "m is at most " + std::to_string(65'535 * kTile) + " here";
}

Workload workload() {
  Workload workload = own_workload<float>(
      "tiled", {.quick = {4096}, .full = kSmallerCubes, .shapes = 48, .speed = 0.4}, multiply);
  workload.refuses = refuses;
  return workload;
}

const Registration registration{workload()};

}  // namespace
}  // namespace derate::gemm
