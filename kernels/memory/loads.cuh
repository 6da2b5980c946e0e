// SPDX-License-Identifier: Apache-2.0
// Loads that say which cache may serve them, and that no compiler takes out of a loop, though
// nothing writes what they read. What they load must be used: ptxas drops the others. The emulation
// in tests/ replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace derate::memory {

/// Through the L1 of the SM.
__device__ __forceinline__ uint4 load_l1(const uint4* address) {
  uint4 x;
  asm volatile("ld.global.ca.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "l"(address));
  return x;
}

/// From the L2 or what is behind it: L1 keeps nothing of it.
__device__ __forceinline__ uint4 load_l2(const uint4* address) {
  uint4 x;
  asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "l"(address));
  return x;
}

/// From shared memory, `address` as __cvta_generic_to_shared() gives it.
__device__ __forceinline__ uint4 load_shared(std::uint32_t address) {
  uint4 x;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "r"(address));
  return x;
}

/// 64 bits through the L1, for pointers.
__device__ __forceinline__ std::uint64_t load_word_l1(std::uint64_t address) {
  std::uint64_t x = 0;
  asm volatile("ld.global.ca.u64 %0, [%1];" : "=l"(x) : "l"(address));
  return x;
}

/// 64 bits from the L2 or what is behind it.
__device__ __forceinline__ std::uint64_t load_word_l2(std::uint64_t address) {
  std::uint64_t x = 0;
  asm volatile("ld.global.cg.u64 %0, [%1];" : "=l"(x) : "l"(address));
  return x;
}

/// 32 bits from shared memory.
__device__ __forceinline__ std::uint32_t load_word_shared(std::uint32_t address) {
  std::uint32_t x = 0;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(x) : "r"(address));
  return x;
}

}  // namespace derate::memory
