// SPDX-License-Identifier: Apache-2.0
// mma_chain, mma_sync: each warp holds 2 x 4 tiles of 16 x 8 sums, as products of two tiles of A
// and four of B in registers. A loop holds 16 steps of each of these eight chains: 128 tensor
// instructions (256 for f16 and 512 for int8 on sm_75, which takes two and four of them for a step;
// 64 for f64, but 512 smaller ones on sm_80 and sm_100), and a counter and a branch.
//
// Bound by the issue of tensor instructions. A scheduler has eight warps with eight chains each,
// more than any latency needs. f64 operands are twice as wide and twice as deep: there it is 2 x 2
// tiles and four warps, since 2 x 4 would take 128 registers for tiles alone. One block fills an
// SM's registers or threads, so no SM gets two while another has none. Hopper's mma.sync does not
// reach the peak of its tensor units: that takes wgmma.
//
// Nothing is known when this is compiled, no two chains are alike, every sum is stored: a compiler
// that finds two chains with one result computes one, and is right to.
#include "mma_chain/formats.h"
#include "mma_chain/mma_instructions.cuh"
#include "mma_chain/warp_chain.cuh"

namespace derate::mma_chain {
namespace {

const Registration f16_registration{workload<F16>()};
const Registration bf16_registration{workload<Bf16>()};
const Registration tf32_registration{workload<Tf32>()};
const Registration fp8_registration{workload<E4m3>()};
const Registration i8_registration{workload<S8>()};
const Registration f64_registration{workload<F64>()};

}  // namespace
}  // namespace derate::mma_chain
