// SPDX-License-Identifier: Apache-2.0
// One product in tensor memory with one planted fault each.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace derate::emulation {

inline constexpr int kTensorRows = 128;
inline constexpr int kTensorWidth = 32;  // columns

enum class TensorFault {
  none,
  no_wait_for_stores,   // of the start values
  no_fence_before,      // between them and the multiply-adds
  no_fence_after_sync,  // likewise
  multiply_too_far,     // 16 columns
  descriptor,           // of shared memory, as wgmma has it
  shape,                // 64 columns for 32
  commit_too_early,     // before the second of two multiply-adds
  commit_elsewhere,     // to a barrier that nobody waits at
  no_wait,              // for the barrier
  no_fence_after_wait,
  load_too_far,  // 16 columns
  other_lanes,   // those of warp 0
  half_a_warp,   // loads
  early_use,     // of what is loaded
  no_wait_for_loads,
  free_too_early,
  free_other,  // fewer columns
  other_warp,  // frees
  no_free,
  no_end_of_allocations,
  allocate_48,
  allocate_after_end,
};

/// out[column · 128 + row] = 1 + twice the product of `operands`, as tcgen05 reads them without a
/// swizzle: f16, 128 rows of A and 32 columns of B, 16 deep.
void multiply_in_tensor_memory(TensorFault fault, const uint4* operands, float* out,
                               cudaStream_t stream);

}  // namespace derate::emulation
