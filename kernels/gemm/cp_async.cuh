// SPDX-License-Identifier: Apache-2.0
// cp.async, from compute capability 8.0 on: copies from global to shared memory that pass by the
// registers and end later. A thread gathers its copies in groups and waits for all but the newest;
// other threads see them behind a barrier after that. An older architecture gets empty functions,
// and its kernel must never be launched. The emulation in tests/ replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define DERATE_HAS_CP_ASYNC
#endif

namespace derate::gemm {

__device__ inline std::uint32_t shared_address(const float* shared) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
}

/// Four floats, all addresses aligned to 16 bytes, or nothing. Past L1, which has no use for them:
/// what a block reads here, it reads once. A predicate instead of a branch around many copies keeps
/// the loop one straight piece, in which the compiler may move them.
__device__ inline void copy_4_floats_if(bool is_wanted, float* to_shared, const float* from) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "{\n.reg .pred wanted;\nsetp.ne.u32 wanted, %2, 0;\n"
      "@wanted cp.async.cg.shared.global.L2::128B [%0], [%1], 16;\n}" ::"r"(
          shared_address(to_shared)),
      "l"(from), "r"(static_cast<unsigned>(is_wanted))
      : "memory");
#endif
}

/// Four floats, or zeros in their place, which is what the instruction makes of those it does not
/// read.
__device__ inline void copy_4_floats_or_zeros(float* to_shared, const float* from, bool is_inside) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(shared_address(to_shared)),
      "l"(from), "r"(is_inside ? 16 : 0)
      : "memory");
#endif
}

/// One float, or nothing.
__device__ inline void copy_float_if(bool is_wanted, float* to_shared, const float* from) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "{\n.reg .pred wanted;\nsetp.ne.u32 wanted, %2, 0;\n"
      "@wanted cp.async.ca.shared.global.L2::128B [%0], [%1], 4;\n}" ::"r"(
          shared_address(to_shared)),
      "l"(from), "r"(static_cast<unsigned>(is_wanted))
      : "memory");
#endif
}

/// One float, or a zero.
__device__ inline void copy_float_or_zero(float* to_shared, const float* from, bool is_inside) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "cp.async.ca.shared.global.L2::128B [%0], [%1], 4, %2;" ::"r"(shared_address(to_shared)),
      "l"(from), "r"(is_inside ? 4 : 0)
      : "memory");
#endif
}

/// The copies since the last one of these become a group, which may be empty.
__device__ inline void commit_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until all but the newest `kNewest` groups of this thread have ended.
template <int kNewest>
__device__ inline void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kNewest) : "memory");
#endif
}

}  // namespace derate::gemm
