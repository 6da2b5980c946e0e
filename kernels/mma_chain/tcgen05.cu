// SPDX-License-Identifier: Apache-2.0
// mma_chain, tcgen05: the tensor instructions of data-centre Blackwell, which alone reach the peak
// of its tensor units. One thread of a block starts eight multiply-adds in a loop, commits them to
// a barrier and waits for those of the loop before, so that the tensor units always have the next
// ones: 1,024 clocks of work, against some hundred to wake up and start eight more.
//
// Bound by the tensor units: m128n256k16 of f16 takes an SM 128 clocks and reads (128 + 256) rows
// of 32 bytes, 96 bytes per clock of the 128 that shared memory delivers. Two blocks that share an
// instruction (cta_group::2) would read 64; what feeds the tensor units anyway is left to products.
// One set of sums, as in a product: instructions with the same sums run in the order in which they
// were issued, and come back to each sum after 128 clocks.
//
// A predicate known only at run time lets the first multiply-add of a round replace the sums
// instead of adding to them, at no cost (work.h says why). It has not run on a GPU yet.
#include "mma_chain/tcgen05_chain.cuh"

namespace derate::mma_chain {
namespace {

const Registration f16_registration{tcgen05_workload<F16>()};
const Registration bf16_registration{tcgen05_workload<Bf16>()};
const Registration tf32_registration{tcgen05_workload<Tf32>()};
const Registration fp8_registration{tcgen05_workload<WideE4m3>()};

}  // namespace
}  // namespace derate::mma_chain
