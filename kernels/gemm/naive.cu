// SPDX-License-Identifier: Apache-2.0
// gemm, naive: one thread per element of C, operands straight from global memory.
//
// Bound by loads: every multiply-add asks the L1 cache for two values, one of which a warp shares,
// so a few percent of the peak is what to expect. It is the line that others are measured from.
#include <cuda_runtime.h>

#include <cstdint>
#include <optional>
#include <string>

#include "derate/cuda/launch.h"
#include "gemm/device_workload.h"

namespace derate::gemm {
namespace {

constexpr int kColumns = 32;  // one warp reads 32 neighbours of a row of B
constexpr int kRows = 8;

__global__ void __launch_bounds__(kColumns* kRows)
    naive(int m, int n, int k, const float* __restrict__ a, const float* __restrict__ b,
          float* __restrict__ c) {
  const int column = static_cast<int>(blockIdx.x) * kColumns + static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.y) * kRows + static_cast<int>(threadIdx.y);
  if (row >= m || column >= n) return;
  const float* const a_row = a + static_cast<std::int64_t>(row) * k;
  float sum = 0;
  for (int p = 0; p < k; ++p) sum += a_row[p] * b[static_cast<std::int64_t>(p) * n + column];
  c[static_cast<std::int64_t>(row) * n + column] = sum;
}

void multiply(const Product<float>& product, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((product.n + kColumns - 1) / kColumns),
                  static_cast<unsigned>((product.m + kRows - 1) / kRows));
  cuda::launch(naive, grid, dim3(kColumns, kRows), stream, product.m, product.n, product.k,
               product.a, product.b, product.c);
}

/// A block has 8 rows, and a grid 65,535 blocks in that direction.
std::optional<std::string> refuses(const Problem& problem, const Device& device) {
  if (problem.at("m") <= 65'535 * kRows) return refused<float>(problem, device);
  return "m is at most " + std::to_string(65'535 * kRows) + " here";
}

Workload workload() {
  Workload workload = own_workload<float>(
      "naive", {.quick = {2048}, .full = kSmallerCubes, .shapes = 24, .speed = 0.05}, multiply);
  workload.refuses = refuses;
  return workload;
}

const Registration registration{workload()};

}  // namespace
}  // namespace derate::gemm
