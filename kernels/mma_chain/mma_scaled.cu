// SPDX-License-Identifier: Apache-2.0
// mma_chain, mma_scaled: the chains of mma_sync.cu in formats with block scales, MXFP8 and NVFP4,
// on compute capability 12.x. A loop holds 128 tensor instructions. Scales are two registers more
// for the tiles of A and four for those of B, read by every instruction and never changed. On
// GeForce boards these instructions add in f32 at the full rate, where plain fp8 has half of it.
//
// The kernels are compiled for the family of 12.x alone (kernels/CMakeLists.txt).
#include "mma_chain/scaled_instructions.cuh"
#include "mma_chain/warp_chain.cuh"

namespace derate::mma_chain {
namespace {

const Registration mxfp8_registration{workload<Mxfp8>()};
const Registration nvfp4_registration{workload<Nvfp4>()};

}  // namespace
}  // namespace derate::mma_chain
