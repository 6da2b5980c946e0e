// SPDX-License-Identifier: Apache-2.0
// One grid-stride kernel per format: element i is a function of pattern, seed and i only, so that
// the host computes the same values for its checks.
#include <algorithm>

#include "derate/cuda/fill.h"
#include "derate/cuda/launch.h"
#include "derate/operands.h"

namespace derate::cuda {
namespace {

constexpr int kThreads = 256;
// Enough blocks for any GPU; each thread strides over the rest, so that any count fits a grid.
constexpr std::int64_t kMaximumBlocks = 65536;

__device__ void store(double value, float& to) { to = static_cast<float>(value); }
__device__ void store(double value, double& to) { to = value; }
template <Precision kFormat>
__device__ void store(double value, Number<kFormat>& to) {
  using Format = NumberFormat<kFormat>;
  to.bits = static_cast<typename Format::Bits>(Format::bits(Format::rounded(value)));
}

template <typename T>
__global__ void fill_kernel(T* __restrict__ values, std::int64_t count, DataPattern pattern,
                            std::uint64_t seed) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += stride) {
    store(element(pattern, seed, static_cast<std::uint64_t>(i)), values[i]);
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

template <Precision kFormat>
void fill(Number<kFormat>* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
          cudaStream_t stream) {
  fill_values(values, count, pattern, seed, stream);
}

template void fill(Number<Precision::f16>*, std::int64_t, DataPattern, std::uint64_t, cudaStream_t);
template void fill(Number<Precision::bf16>*, std::int64_t, DataPattern, std::uint64_t,
                   cudaStream_t);
template void fill(Number<Precision::tf32>*, std::int64_t, DataPattern, std::uint64_t,
                   cudaStream_t);
template void fill(Number<Precision::fp8>*, std::int64_t, DataPattern, std::uint64_t, cudaStream_t);
template void fill(Number<Precision::i8>*, std::int64_t, DataPattern, std::uint64_t, cudaStream_t);

}  // namespace derate::cuda
