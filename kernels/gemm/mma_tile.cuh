// SPDX-License-Identifier: Apache-2.0
// How operands of mma.sync come from global memory to registers, from compute capability 8.0 on:
// cp.async past the registers into shared memory, in chunks of 16 bytes, and ldmatrix out of it. An
// older architecture gets empty functions, and its kernel must never be launched. The emulation in
// tests/ replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace derate::gemm {

/// Eight numbers of 16 bits.
struct alignas(16) Chunk {
  std::uint16_t numbers[8];
};

/// Copies one chunk, or writes zeros where there is none to copy; ends later. Past L1, which has no
/// use for it: what a block reads here, it reads once.
__device__ inline void copy_chunk(Chunk* to_shared, const void* from, bool is_inside) {
#if __CUDA_ARCH__ >= 800
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(to_shared));
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(is_inside ? 16 : 0)
               : "memory");
#endif
}

/// The copies since the last one of these become a group, which may be empty.
__device__ inline void end_group_of_chunks() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until all but the newest `kNewest` groups of this thread have ended. Other threads see
/// them behind a barrier after that.
template <int kNewest>
__device__ inline void wait_for_chunks() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kNewest) : "memory");
#endif
}

/// Four matrices of 8 x 8, of which lanes 0 to 7, 8 to 15, and so on give the rows. A lane gets of
/// each the two neighbours in row lane / 4 from column 2·(lane % 4) on.
__device__ inline void load_matrices(const Chunk* row_in_shared, std::uint32_t (&matrices)[4]) {
#if __CUDA_ARCH__ >= 800
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(row_in_shared));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
               : "r"(address)
               : "memory");
#else
  for (std::uint32_t& matrix : matrices) matrix = 0;
#endif
}

/// The same of the matrices' transposes.
__device__ inline void load_transposed(const Chunk* row_in_shared, std::uint32_t (&matrices)[4]) {
#if __CUDA_ARCH__ >= 800
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(row_in_shared));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
               : "r"(address)
               : "memory");
#else
  for (std::uint32_t& matrix : matrices) matrix = 0;
#endif
}

}  // namespace derate::gemm
