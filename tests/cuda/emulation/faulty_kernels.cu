// SPDX-License-Identifier: Apache-2.0
// Missing barriers, reads out of bounds and misaligned, an early return, waits that never end,
// accesses to a cluster's shared memory before it is ready, and a multiply-add that is none.
#include <source_location>

#include "derate/cuda/launch.h"
#include "faulty_kernels.h"
#include "fma_chain/work.h"

namespace derate::emulation {
namespace {

constexpr unsigned kThreads = kFaultyThreads;

template <bool kBarrier>
__global__ void reverse(const float* in, float* out) {
  __shared__ float tile[kThreads];
  tile[threadIdx.x] = in[threadIdx.x];
  if constexpr (kBarrier) __syncthreads();
  out[threadIdx.x] = tile[kThreads - 1 - threadIdx.x];
}

__global__ void rotate(float* out) {
  __shared__ float tile[kThreads];
  float sum = 0;
  for (unsigned round = 0; round < 3; ++round) {
    tile[threadIdx.x] = static_cast<float>(round * kThreads + threadIdx.x);
    __syncthreads();
    sum += tile[(threadIdx.x + 1) % kThreads];
  }
  out[threadIdx.x] = sum;
}

// Not inlined: UBSan would see the array's size and be the first to report, and this is about
// AddressSanitizer.
[[gnu::noinline]] __device__ float at(const float* values, unsigned index) { return values[index]; }

__global__ void read_behind(float* out) {
  __shared__ float tile[kThreads];
  tile[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = at(tile, threadIdx.x + 1);
}

__global__ void write_all(float* out) { out[threadIdx.x] = 1; }

__global__ void read_misaligned(const float* in, float* out) {
  out[0] = reinterpret_cast<const float4*>(in + 1)->x;
}

__global__ void return_early(float* out) {
  if (threadIdx.x % 2 == 0) return;
  __syncthreads();
  out[threadIdx.x] = 1;
}

__global__ void two_barriers(float* out) {
  if (threadIdx.x < kThreads / 2) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

__global__ void half_waits(float* out) {
  if (threadIdx.x < kThreads / 2) {
    wait_until([out] { return out[0] == 1; }, std::source_location::current());
  }
  out[threadIdx.x] = 2;
}

template <bool kClears>
__global__ void hand_on(float* out) {
  float* const own = cuda::dynamic_shared<float>();
  float* const others =
      reinterpret_cast<float*>(cuda::dynamic_shared_memory(1 - position().rank).get());
  if constexpr (kClears) own[threadIdx.x] = 0;
  __syncthreads();
  others[threadIdx.x] = static_cast<float>(blockIdx.x + 1);
  const auto wanted = static_cast<float>((blockIdx.x ^ 1) + 1);
  wait_until([own, wanted, i = threadIdx.x] { return own[i] == wanted; },
             std::source_location::current());
  out[blockIdx.x * kThreads + threadIdx.x] = own[threadIdx.x];
}

template <typename T>
__global__ void advance_in_two_roundings(const T* starts, T* ends, int steps) {
  T x = starts[threadIdx.x];
  for (int step = 0; step < steps; ++step) {
    // Volatile, for compilers that fuse what looks as if it could be.
    const volatile T product = x * static_cast<T>(fma_chain::kMultiplier);
    x = product + static_cast<T>(fma_chain::kAddend);
  }
  ends[threadIdx.x] = x;
}

}  // namespace

void advance_unfused(const float* starts, float* ends, int steps, cudaStream_t stream) {
  cuda::launch(advance_in_two_roundings<float>, 1, kThreads, stream, starts, ends, steps);
}

void advance_unfused(const double* starts, double* ends, int steps, cudaStream_t stream) {
  cuda::launch(advance_in_two_roundings<double>, 1, kThreads, stream, starts, ends, steps);
}

void reverse_with_barrier(const float* in, float* out, cudaStream_t stream) {
  cuda::launch(reverse<true>, 1, kThreads, stream, in, out);
}

void reverse_without_barrier(const float* in, float* out, cudaStream_t stream) {
  cuda::launch(reverse<false>, 1, kThreads, stream, in, out);
}

void rotate_without_second_barrier(float* out, cudaStream_t stream) {
  cuda::launch(rotate, 1, kThreads, stream, out);
}

void read_behind_shared_array(float* out, cudaStream_t stream) {
  cuda::launch(read_behind, 1, kThreads, stream, out);
}

void write_without_guard(float* out, cudaStream_t stream) {
  cuda::launch(write_all, 1, kThreads, stream, out);
}

void read_misaligned_vector(const float* in, float* out, cudaStream_t stream) {
  cuda::launch(read_misaligned, 1, 1, stream, in, out);
}

void return_before_barrier(float* out, cudaStream_t stream) {
  cuda::launch(return_early, 1, kThreads, stream, out);
}

void wait_at_two_barriers(float* out, cudaStream_t stream) {
  cuda::launch(two_barriers, 1, kThreads, stream, out);
}

void wait_in_vain(float* out, cudaStream_t stream) {
  cuda::launch(half_waits, 1, kThreads, stream, out);
}

void hand_on_in_clusters(float* out, cudaStream_t stream) {
  cuda::launch(hand_on<false>, 4, kThreads, cuda::Cluster{2},
               cuda::DynamicShared{kThreads * sizeof(float)}, stream, out);
}

void hand_on_too_early(float* out, cudaStream_t stream) {
  cuda::launch(hand_on<true>, 2, kThreads, cuda::Cluster{2},
               cuda::DynamicShared{kThreads * sizeof(float)}, stream, out);
}

}  // namespace derate::emulation
