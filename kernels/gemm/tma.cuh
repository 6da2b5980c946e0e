// SPDX-License-Identifier: Apache-2.0
// Hopper's bulk copies of boxes of a matrix (TMA), which barriers in shared memory count
// (mma_chain/barriers.cuh), and what else a kernel needs whose warps take different parts. PTX ISA,
// "Data Movement and Conversion Instructions: Asynchronous copy" and "Parallel Synchronization and
// Communication Instructions: mbarrier". Code before sm_90 has none. The emulation in tests/
// replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "backend/cuda/tensor_map.h"
#include "mma_chain/barriers.cuh"

// A tensor map must be passed as it is, not copied, which no instruction for 6.1 can promise.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 700
#define DERATE_TENSOR_MAP __grid_constant__ const cuda::TensorMap
#else
#define DERATE_TENSOR_MAP const cuda::TensorMap
#endif

namespace derate::gemm {

using mma_chain::Barrier;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

using mma_chain::set_up;
using mma_chain::shared_address;
using mma_chain::show_barriers;
using mma_chain::wait_for;

/// All threads of all blocks of the cluster meet.
__device__ inline void sync_cluster() {
  asm volatile("barrier.cluster.arrive.release;\nbarrier.cluster.wait.acquire;" ::: "memory");
}

/// `threads` threads of the block meet, whole warps of it. Barrier 0 is __syncthreads().
__device__ inline void sync_group(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

/// Arrives and announces bytes that copies will bring.
__device__ inline void arrive_expecting(Barrier& barrier, int bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&barrier)),
      "r"(bytes)
      : "memory");
}

/// Arrives at the barrier of the same place in block `rank` of the cluster. It orders nothing that
/// this thread has stored or read for other blocks: with `.release.cluster` ptxas would wait for
/// all of the thread's accesses to memory (MEMBAR, ERRBAR) at each call. What a stage's reader has
/// to say is only that wgmma is done with it, and wgmma_wait() has waited for that; its reads, like
/// the copies that overwrite the stage next, take the path of copies, which no such fence orders.
/// As CUTLASS's ClusterBarrier does.
__device__ inline void arrive_in(int rank, Barrier& barrier) {
  asm volatile(
      "{\n.reg .b32 there;\nmapa.shared::cluster.u32 there, %0, %1;\n"
      "mbarrier.arrive.shared::cluster.b64 _, [there];\n}" ::"r"(shared_address(&barrier)),
      "r"(rank)
      : "memory");
}

/// Copies a box, from (row, column) of the matrix on, to shared memory; its bytes count for
/// `barrier`.
__device__ inline void load_box(void* to_shared, const cuda::TensorMap& matrix, int row, int column,
                                Barrier& barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3}], [%4];" ::"r"(shared_address(to_shared)),
      "l"(&matrix), "r"(column), "r"(row), "r"(shared_address(&barrier))
      : "memory");
}

/// The same into every block of the cluster that has its bit in `ranks`, to the same place there,
/// and for the barrier of the same place.
__device__ inline void load_box_into(std::uint16_t ranks, void* to_shared,
                                     const cuda::TensorMap& matrix, int row, int column,
                                     Barrier& barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
      ".multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(shared_address(to_shared)),
      "l"(&matrix), "r"(column), "r"(row), "r"(shared_address(&barrier)), "h"(ranks)
      : "memory");
}

/// What this thread has stored in shared memory becomes visible to copies, which read by another
/// path. Each thread that has stored calls it before the barrier.
__device__ inline void show_to_copies() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// Begins to copy a box of shared memory to the matrix; a group of its own.
__device__ inline void store_box(const cuda::TensorMap& matrix, int row, int column,
                                 const void* from_shared) {
  asm volatile(
      "cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%1, %2}], [%3];\n"
      "cp.async.bulk.commit_group;" ::"l"(&matrix),
      "r"(column), "r"(row), "r"(shared_address(from_shared))
      : "memory");
}

/// Waits until all but the newest `kNewest` boxes that this thread stores have been read.
template <int kNewest>
__device__ inline void wait_for_reads() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kNewest) : "memory");
}

/// Both rounded to bf16, to the nearest, the even one of two; the first in the lower bits.
__device__ inline std::uint32_t rounded_to_bf16(float first, float second) {
  std::uint32_t both = 0;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(second), "f"(first));
  return both;
}

#endif  // __CUDA_ARCH__ >= 900

}  // namespace derate::gemm
