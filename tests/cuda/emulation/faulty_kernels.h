// SPDX-License-Identifier: Apache-2.0
// Kernels with one planted fault each: what the emulation must find in others, it must find here.
#pragma once

#include <cuda_runtime.h>

namespace derate::emulation {

inline constexpr int kFaultyThreads = 64;

/// out[i] = in[63 - i] through shared memory, for 64 elements; right with the barrier only.
void reverse_with_barrier(const float* in, float* out, cudaStream_t stream);
void reverse_without_barrier(const float* in, float* out, cudaStream_t stream);

/// Overwrites a tile in shared memory that other threads still read: the second barrier is missing.
void rotate_without_second_barrier(float* out, cudaStream_t stream);

/// The last thread reads one element behind a shared array.
void read_behind_shared_array(float* out, cudaStream_t stream);

/// Writes 64 elements, no matter how many there are.
void write_without_guard(float* out, cudaStream_t stream);

/// Reads a float4 at an address that is not aligned for it.
void read_misaligned_vector(const float* in, float* out, cudaStream_t stream);

/// Half of the threads return before the barrier.
void return_before_barrier(float* out, cudaStream_t stream);

/// The two halves of a block wait at different barriers.
void wait_at_two_barriers(float* out, cudaStream_t stream);

/// Half of the threads wait for what the others do not do.
void wait_in_vain(float* out, cudaStream_t stream);

/// Four blocks of 64 threads in clusters of two; each thread writes its block's number, from 1 on,
/// to its neighbour in the other block of the cluster, waits for that one's and stores it.
void hand_on_in_clusters(float* out, cudaStream_t stream);

/// The same in one cluster, but a block clears first what the other may have written already: only
/// the threads of one block meet in between.
void hand_on_too_early(float* out, cudaStream_t stream);

/// Advances 64 chains of fma_chain by so many steps, with the product rounded before the addition.
void advance_unfused(const float* starts, float* ends, int steps, cudaStream_t stream);
void advance_unfused(const double* starts, double* ends, int steps, cudaStream_t stream);

}  // namespace derate::emulation
