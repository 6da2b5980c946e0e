// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cuda/fill.h"
#include "cuda/launch.h"
#include "derate/operands.h"

namespace derate::cuda {
namespace {

constexpr int kThreads = 256;
// Enough blocks for any GPU; each thread strides over the rest, so that any count fits a grid.
constexpr std::int64_t kMaximumBlocks = 65536;

template <typename T>
__global__ void fill_kernel(T* __restrict__ values, std::int64_t count, DataPattern pattern,
                            std::uint64_t seed) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += stride) {
    values[i] = static_cast<T>(element(pattern, seed, static_cast<std::uint64_t>(i)));
  }
}

template <typename T>
void fill_values(T* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
                 cudaStream_t stream) {
  if (count == 0) return;
  const std::int64_t blocks = std::min((count + kThreads - 1) / kThreads, kMaximumBlocks);
  launch(fill_kernel<T>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), stream, values, count,
         pattern, seed);
}

}  // namespace

void fill(float* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
          cudaStream_t stream) {
  fill_values(values, count, pattern, seed, stream);
}

void fill(double* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
          cudaStream_t stream) {
  fill_values(values, count, pattern, seed, stream);
}

}  // namespace derate::cuda
