// SPDX-License-Identifier: Apache-2.0
// mma_chain, tcgen05_scaled: the chain of tcgen05.cu with operands that have a scale for every
// block of neighbours along the depth: MXFP8 (kind::mxf8f6f4), as fast as plain fp8, and NVFP4
// (kind::mxf4nvf4), twice as fast, which no plain form is. Scales lie in tensor memory beside the
// sums, all four steps' from before the loop on; a product would copy new ones there for each step.
// It has not run on a GPU yet.
#include "mma_chain/tcgen05_chain.cuh"

namespace derate::mma_chain {
namespace {

const Registration fp8_registration{tcgen05_workload<Mxfp8>()};
const Registration fp4_registration{tcgen05_workload<Nvfp4>()};

}  // namespace
}  // namespace derate::mma_chain
