// SPDX-License-Identifier: Apache-2.0
// What a kernel of gemm leaves out of its loop in each stage of an attribution (derate/stage.h),
// which tile of C a block takes on a grid of whole waves, and the kernel that only launches.
#pragma once

#include <cuda_runtime.h>

#include "derate/stage.h"

namespace derate::gemm {

/// Whether the loop copies operands from global memory; otherwise they have been copied before it.
template <Stage kStage>
constexpr bool kCopiesInLoop = kStage == Stage::whole || kStage == Stage::whole_waves;

/// Whether the loop reads operands from shared memory; otherwise they are in registers before it.
template <Stage kStage>
constexpr bool kReadsInLoop = kStage != Stage::registers;

/// The ordinary grid has a block for each tile; on one of whole waves some tiles are taken twice.
template <Stage kStage>
__device__ inline int tile_of(int index, int tiles) {
  return kStage == Stage::whole ? index : index % tiles;
}

/// The compiler knows no longer what `value` is. Without this it would multiply operands that stay
/// in registers once, before the loop, and leave additions in it.
__device__ inline void make_opaque([[maybe_unused]] float& value) {
#if defined(__CUDA_ARCH__)
  asm volatile("" : "+f"(value));
#endif
}

}  // namespace derate::gemm
