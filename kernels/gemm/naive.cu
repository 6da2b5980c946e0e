// SPDX-License-Identifier: Apache-2.0
// gemm, naive: one thread per element of C, operands straight from global memory.
//
// Bound by loads: every multiply-add asks the L1 cache for two values, one of which a warp shares,
// so a few percent of the peak is what to expect. It is the line that others are measured from.
#include <cuda_runtime.h>

#include <cstdint>
#include <memory>

#include "cuda/launch.h"
#include "gemm/device.h"

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

const Registration registration{{
    .name = "gemm",
    .variant = "naive",
    .provider = "derate",
    .backend = "cuda",
    .precision = Precision::f32,
    .bound = Bound::compute,
    .problems =
        [](const Device& device) {
          return cubes<float>({512, 1024, 2048, 4096}, device);
        },
    .test_problem = device_test_problem,
    .work = [](const Problem& problem) { return work(problem, Precision::f32); },
    .size_class = size_class,
    .prepare =
        [](const Problem& problem, const Operands& operands, Session& session) {
          return std::make_unique<DeviceInstance<float>>(problem, operands, session, multiply);
        },
}};

}  // namespace
}  // namespace derate::gemm
