// SPDX-License-Identifier: Apache-2.0
// One step of mma.sync with block scales: sums += (A x its scales)·(B x its scales) for a tile of
// 16 x 8. The last register of A and of B is that of the scales (scales.h). An instruction of the
// family of compute capability 12.x: code for others gets an empty step, and support.h keeps it
// out.
#pragma once

#include <cstdint>

#include "mma_chain/scales.h"

#if defined(__CUDA_ARCH_FEAT_SM120_ALL) || defined(__CUDA_ARCH_FEAT_SM121_ALL) || \
    (defined(__CUDA_ARCH_FAMILY_SPECIFIC__) && __CUDA_ARCH_FAMILY_SPECIFIC__ == 1200)
#define DERATE_HAS_SCALED_MMA
#endif

namespace derate::mma_chain {

/// m16n8k32.
__device__ inline void step(Mxfp8, float (&d)[4], const std::uint32_t (&a)[5],
                            const std::uint32_t (&b)[3]) {
#if defined(DERATE_HAS_SCALED_MMA)
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::1X"
      ".f32.e4m3.e4m3.f32.ue8m0 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3}, "
      "%10, {%12, %12}, %11, {%12, %12};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(a[4]), "r"(b[2]),
        "n"(0));
#endif
}

/// m16n8k64.
__device__ inline void step(Nvfp4, float (&d)[4], const std::uint32_t (&a)[5],
                            const std::uint32_t (&b)[3]) {
#if defined(DERATE_HAS_SCALED_MMA)
  asm volatile(
      "mma.sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::4X"
      ".f32.e2m1.e2m1.f32.ue4m3 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3}, "
      "%10, {%12, %12}, %11, {%12, %12};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(a[4]), "r"(b[2]),
        "n"(0));
#endif
}

}  // namespace derate::mma_chain
