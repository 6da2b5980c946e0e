// SPDX-License-Identifier: Apache-2.0
// Barriers in shared memory at which threads, copies and tensor instructions arrive (PTX ISA,
// "Parallel Synchronization and Communication Instructions: mbarrier"), for kernels whose warps
// take different parts. Code before sm_90 has none. The emulation in tests/ replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace derate::mma_chain {

/// Ends a phase when as many threads have arrived as it was set up for and all bytes that they
/// announced are there; phases are told apart by their parity, 0 for the first.
struct Barrier {
  std::uint64_t state;
};

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

__device__ inline std::uint32_t shared_address(const void* shared) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
}

__device__ inline void set_up(Barrier& barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&barrier)),
               "r"(arrivals)
               : "memory");
}

/// Between the set-up of barriers and the meeting of those who use them: copies, tensor
/// instructions and other blocks see them from then on.
__device__ inline void show_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/// Waits for the end of the phase with this parity; the one before the first counts as ended.
__device__ inline void wait_for(Barrier& barrier, int parity) {
  std::uint32_t is_over = 0;
  do {
    asm volatile(
        "{\n.reg .pred over;\nmbarrier.try_wait.parity.shared::cta.b64 over, [%1], %2;\n"
        "selp.u32 %0, 1, 0, over;\n}"
        : "=r"(is_over)
        : "r"(shared_address(&barrier)), "r"(parity)
        : "memory");
  } while (is_over == 0);
}

#endif  // __CUDA_ARCH__ >= 900

}  // namespace derate::mma_chain
