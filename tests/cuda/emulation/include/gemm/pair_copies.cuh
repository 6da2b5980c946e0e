// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name.
#pragma once

#include "gemm/tma.cuh"
#include "mma_chain/tcgen05_instructions.cuh"

namespace derate::gemm {

inline void load_box_for_first(void* to_shared, const cuda::TensorMap& matrix, int row, int column,
                               Barrier& barrier) {
  begin_load(emulation::position().rank, to_shared, matrix, row, column,
             phases_of(in_block(0, &barrier)));
}

}  // namespace derate::gemm
