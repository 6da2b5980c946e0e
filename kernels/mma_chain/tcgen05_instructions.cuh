// SPDX-License-Identifier: Apache-2.0
// The tensor instructions of data-centre Blackwell (PTX ISA, "TensorCore 5th Generation Family
// Instructions"): one thread starts them, both operands lie in shared memory, sums and scales in
// tensor memory, 128 lanes of 512 columns of 32 bits, of which a warp reaches the 32 lanes that
// belong to its place among four. All but the first three take effect some time after they were
// issued. An address of tensor memory has the lane in its upper half and the column in its lower.
// The emulation in tests/ replaces this header.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "mma_chain/barriers.cuh"
#include "mma_chain/tcgen05_operands.h"

namespace derate::mma_chain {

// Only code for the family of compute capability 10.x has these instructions.
#if defined(__CUDA_ARCH_FEAT_SM100_ALL) || defined(__CUDA_ARCH_FEAT_SM103_ALL) || \
    (defined(__CUDA_ARCH_FAMILY_SPECIFIC__) && __CUDA_ARCH_FAMILY_SPECIFIC__ == 1000)
#define DERATE_HAS_TCGEN05

// In a kernel either all instructions are a block's own or all are of pairs of blocks, neighbours
// in a cluster (kBlocks is 2): the even one of a pair starts them, and both take part in the
// others.

/// A whole warp asks for so many columns, a power of two from 32 to 512, and waits until that many
/// are free. Their address goes to shared memory.
template <int kColumns, int kBlocks = 1>
__device__ inline void allocate_tensor_memory(std::uint32_t& address) {
  if constexpr (kBlocks == 1) {
    asm volatile("tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%0], %1;" ::"r"(
                     shared_address(&address)),
                 "n"(kColumns)
                 : "memory");
  } else {
    asm volatile("tcgen05.alloc.cta_group::2.sync.aligned.shared::cta.b32 [%0], %1;" ::"r"(
                     shared_address(&address)),
                 "n"(kColumns)
                 : "memory");
  }
}

/// The same warp promises that its block will not ask again.
template <int kBlocks = 1>
__device__ inline void end_allocations() {
  if constexpr (kBlocks == 1) {
    asm volatile("tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;" ::: "memory");
  } else {
    asm volatile("tcgen05.relinquish_alloc_permit.cta_group::2.sync.aligned;" ::: "memory");
  }
}

/// The same warp gives them back, before the block ends and after all others are done with them.
template <int kColumns, int kBlocks = 1>
__device__ inline void free_tensor_memory(std::uint32_t address) {
  if constexpr (kBlocks == 1) {
    asm volatile("tcgen05.dealloc.cta_group::1.sync.aligned.b32 %0, %1;" ::"r"(address),
                 "n"(kColumns)
                 : "memory");
  } else {
    asm volatile("tcgen05.dealloc.cta_group::2.sync.aligned.b32 %0, %1;" ::"r"(address),
                 "n"(kColumns)
                 : "memory");
  }
}

/// True in one thread of a warp that has come here as a whole. Of another condition the compiler
/// would not know that it leaves a single thread, and would put a loop around each instruction.
__device__ inline bool is_elected() {
  std::uint32_t elected = 0;
  asm volatile("{\n.reg .pred one;\nelect.sync _|one, 0xFFFFFFFF;\nselp.u32 %0, 1, 0, one;\n}"
               : "=r"(elected));
  return elected != 0;
}

/// What this thread has done in tensor memory comes before what others do there after a barrier
/// that it now goes to; and what it does next, after what others did before one that it came from.
__device__ inline void fence_before_barrier() {
  asm volatile("tcgen05.fence::before_thread_sync;" ::: "memory");
}
__device__ inline void fence_after_barrier() {
  asm volatile("tcgen05.fence::after_thread_sync;" ::: "memory");
}

/// What this thread has stored in shared memory becomes visible to the tensor units, which read it
/// by another path. Each thread that has stored calls it before the barrier.
__device__ inline void show_to_tensor_units() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// Arrives at the barrier when all multiply-adds that this thread has issued are done.
__device__ inline void commit_to(Barrier& barrier) {
  asm volatile("tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%0];" ::"r"(
                   shared_address(&barrier))
               : "memory");
}

/// The same at the barriers of the same place in all blocks of the cluster that have their bit in
/// `ranks`.
template <int kBlocks>
__device__ inline void commit_in(std::uint16_t ranks, Barrier& barrier) {
  if constexpr (kBlocks == 1) {
    asm volatile(
        "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.multicast::cluster.b64 "
        "[%0], %1;" ::"r"(shared_address(&barrier)),
        "h"(ranks)
        : "memory");
  } else {
    asm volatile(
        "tcgen05.commit.cta_group::2.mbarrier::arrive::one.shared::cluster.multicast::cluster.b64 "
        "[%0], %1;" ::"r"(shared_address(&barrier)),
        "h"(ranks)
        : "memory");
  }
}

/// Begins to read 16 columns from `address` on of this thread's lane.
__device__ inline void load_columns(std::uint32_t address, std::uint32_t (&words)[16]) {
  asm volatile(
      "tcgen05.ld.sync.aligned.32x32b.x16.b32 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15}, [%16];"
      : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3]), "=r"(words[4]),
        "=r"(words[5]), "=r"(words[6]), "=r"(words[7]), "=r"(words[8]), "=r"(words[9]),
        "=r"(words[10]), "=r"(words[11]), "=r"(words[12]), "=r"(words[13]), "=r"(words[14]),
        "=r"(words[15])
      : "r"(address)
      : "memory");
}

/// Only then are they there. The registers go through it, so that nobody uses them before.
__device__ inline void wait_for_loads(std::uint32_t (&words)[16]) {
  asm volatile("tcgen05.wait::ld.sync.aligned;"
               : "+r"(words[0]), "+r"(words[1]), "+r"(words[2]), "+r"(words[3]), "+r"(words[4]),
                 "+r"(words[5]), "+r"(words[6]), "+r"(words[7]), "+r"(words[8]), "+r"(words[9]),
                 "+r"(words[10]), "+r"(words[11]), "+r"(words[12]), "+r"(words[13]),
                 "+r"(words[14]), "+r"(words[15])
               :
               : "memory");
}

/// Begins to write one column of this thread's lane.
__device__ inline void store_column(std::uint32_t address, std::uint32_t word) {
  asm volatile("tcgen05.st.sync.aligned.32x32b.x1.b32 [%0], {%1};" ::"r"(address), "r"(word)
               : "memory");
}
__device__ inline void wait_for_stores() {
  asm volatile("tcgen05.wait::st.sync.aligned;" ::: "memory");
}

/// sums = A·B, plus sums where `add`. `what` is an instruction descriptor.
template <typename T>
__device__ inline void multiply(T, std::uint32_t sums, std::uint64_t a, std::uint64_t b,
                                std::uint32_t what, bool add) {
  if constexpr (T::kOperands == Precision::tf32) {
    asm volatile(
        "{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
        "tcgen05.mma.cta_group::1.kind::tf32 [%0], %1, %2, %3, add;\n}" ::"r"(sums),
        "l"(a), "l"(b), "r"(what), "r"(static_cast<int>(add))
        : "memory");
  } else if constexpr (T::kOperands == Precision::fp8) {
    asm volatile(
        "{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
        "tcgen05.mma.cta_group::1.kind::f8f6f4 [%0], %1, %2, %3, add;\n}" ::"r"(sums),
        "l"(a), "l"(b), "r"(what), "r"(static_cast<int>(add))
        : "memory");
  } else {
    asm volatile(
        "{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
        "tcgen05.mma.cta_group::1.kind::f16 [%0], %1, %2, %3, add;\n}" ::"r"(sums),
        "l"(a), "l"(b), "r"(what), "r"(static_cast<int>(add))
        : "memory");
  }
}

/// Of a pair of blocks: the upper half of A and the left one of B lie in the even one's shared
/// memory, the lower and the right one in the other's at the same addresses; each block's tensor
/// memory gets the sums of its rows of A.
__device__ inline void multiply_in_pair(Bf16, std::uint32_t sums, std::uint64_t a, std::uint64_t b,
                                        std::uint32_t what, bool add) {
  asm volatile(
      "{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
      "tcgen05.mma.cta_group::2.kind::f16 [%0], %1, %2, %3, add;\n}" ::"r"(sums),
      "l"(a), "l"(b), "r"(what), "r"(static_cast<int>(add))
      : "memory");
}

/// multiply() with scales, from these columns of tensor memory on.
template <BlockScaled T>
__device__ inline void multiply_scaled(T, std::uint32_t sums, std::uint64_t a, std::uint64_t b,
                                       std::uint32_t what, std::uint32_t scales_of_a,
                                       std::uint32_t scales_of_b, bool add) {
  if constexpr (T::kOperands == Precision::fp8) {
    asm volatile(
        "{\n.reg .pred add;\nsetp.ne.b32 add, %6, 0;\n"
        "tcgen05.mma.cta_group::1.kind::mxf8f6f4.block_scale.block32 [%0], %1, %2, %3, [%4], [%5], "
        "add;\n}" ::"r"(sums),
        "l"(a), "l"(b), "r"(what), "r"(scales_of_a), "r"(scales_of_b), "r"(static_cast<int>(add))
        : "memory");
  } else {
    asm volatile(
        "{\n.reg .pred add;\nsetp.ne.b32 add, %6, 0;\n"
        "tcgen05.mma.cta_group::1.kind::mxf4nvf4.block_scale.block16 [%0], %1, %2, %3, [%4], [%5], "
        "add;\n}" ::"r"(sums),
        "l"(a), "l"(b), "r"(what), "r"(scales_of_a), "r"(scales_of_b), "r"(static_cast<int>(add))
        : "memory");
  }
}

#endif  // 10.x

}  // namespace derate::mma_chain
