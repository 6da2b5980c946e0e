// SPDX-License-Identifier: Apache-2.0
// Bulk copies for pairs of blocks that share their tensor instructions, of data-centre Blackwell
// alone (PTX ISA, "cp.async.bulk.tensor", .cta_group::2). The emulation in tests/ replaces this
// header.
#pragma once

#include <cstdint>

#include "gemm/tma.cuh"
#include "mma_chain/tcgen05_instructions.cuh"

namespace derate::gemm {

#if defined(DERATE_HAS_TCGEN05)

/// Copies a box to this block's shared memory; its bytes count for the barrier of the same place in
/// block 0 of the cluster.
__device__ inline void load_box_for_first(void* to_shared, const cuda::TensorMap& matrix, int row,
                                          int column, Barrier& barrier) {
  asm volatile(
      "{\n.reg .b32 there;\nmapa.shared::cluster.u32 there, %4, 0;\n"
      "cp.async.bulk.tensor.2d.cta_group::2.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3}], [there];\n}" ::"r"(shared_address(to_shared)),
      "l"(&matrix), "r"(column), "r"(row), "r"(shared_address(&barrier))
      : "memory");
}

#endif  // DERATE_HAS_TCGEN05

}  // namespace derate::gemm
