// SPDX-License-Identifier: Apache-2.0
// Multiply-adds that C++ has no word for: several at once in packed registers. Packed values are
// plain integers, the first one in the lowest bits. An architecture without the instruction ends
// the kernel: it must never be launched there. The emulation in tests/ replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace derate::cuda {

/// x·a + b of two f16, each rounded once, to the nearest.
__device__ inline std::uint32_t fma_f16x2(std::uint32_t x, std::uint32_t a, std::uint32_t b) {
  std::uint32_t result;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(x), "r"(a), "r"(b));
  return result;
}

/// x·a + b of two bf16, each rounded once, to the nearest. From compute capability 8.0 on.
__device__ inline std::uint32_t fma_bf16x2(std::uint32_t x, std::uint32_t a, std::uint32_t b) {
  std::uint32_t result = 0;
#if __CUDA_ARCH__ >= 800
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(x), "r"(a), "r"(b));
#else
  __trap();
#endif
  return result;
}

/// x·a + b of two f32, each rounded once, to the nearest. Compute capability 10.x; PTX has it for
/// 12.x too, but ptxas makes two instructions of it there.
__device__ inline std::uint64_t fma_f32x2(std::uint64_t x, std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
#if __CUDA_ARCH__ >= 1000 && __CUDA_ARCH__ < 1100
  asm("fma.rn.f32x2 %0, %1, %2, %3;" : "=l"(result) : "l"(x), "l"(a), "l"(b));
#else
  __trap();
#endif
  return result;
}

/// The sum of b and of four products of signed bytes, modulo 2^32. From compute capability 6.1 on.
__device__ inline std::uint32_t dp4a(std::uint32_t x, std::uint32_t a, std::uint32_t b) {
  std::uint32_t result = 0;
#if __CUDA_ARCH__ >= 610
  asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(result) : "r"(x), "r"(a), "r"(b));
#else
  __trap();
#endif
  return result;
}

}  // namespace derate::cuda
