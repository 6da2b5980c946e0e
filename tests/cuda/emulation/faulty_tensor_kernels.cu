// SPDX-License-Identifier: Apache-2.0
// A block of four warps adds to start values in tensor memory. What a real kernel has at each place
// is what the branch without its fault does.
#include <bit>

#include "derate/cuda/launch.h"
#include "faulty_tensor_kernels.h"
#include "mma_chain/tcgen05_instructions.cuh"

namespace derate::emulation {
namespace {

using Fault = TensorFault;
using mma_chain::F16;

constexpr int kBytesOfA = kTensorRows * 32;
constexpr int kChunks = (kTensorRows + kTensorWidth) * 2;

struct Shared {
  alignas(128) uint4 operands[kChunks];
  mma_chain::Barrier multiplied;
  mma_chain::Barrier unused;
  std::uint32_t address;
};

void allocate(Fault fault, Shared& shared) {
  if (fault == Fault::allocate_48) mma_chain::allocate_tensor_memory<48>(shared.address);
  mma_chain::allocate_tensor_memory<kTensorWidth>(shared.address);
  if (fault != Fault::no_end_of_allocations) mma_chain::end_allocations();
  if (fault == Fault::allocate_after_end) {
    mma_chain::allocate_tensor_memory<kTensorWidth>(shared.address);
  }
}

void store_starts(Fault fault, std::uint32_t lanes) {
  for (int column = 0; column < kTensorWidth; ++column) {
    mma_chain::store_column(lanes + column, std::bit_cast<std::uint32_t>(1.0f));
  }
  if (fault != Fault::no_wait_for_stores) mma_chain::wait_for_stores();
  if (fault != Fault::no_fence_before) mma_chain::fence_before_barrier();
}

void multiply_twice(Fault fault, Shared& shared) {
  const std::uint32_t sums = shared.address + (fault == Fault::multiply_too_far ? 16 : 0);
  const std::uint64_t descriptor =
      fault == Fault::descriptor ? mma_chain::kDescriptor : mma_chain::kTcgen05Descriptor;
  const std::uint64_t a = descriptor | mma_chain::shared_address(shared.operands) / 16;
  const std::uint64_t b = a + kBytesOfA / 16;
  const std::uint32_t what = mma_chain::instruction_descriptor<F16>(
      kTensorRows, fault == Fault::shape ? 2 * kTensorWidth : kTensorWidth);
  mma_chain::multiply(F16{}, sums, a, b, what, true);
  if (fault == Fault::commit_too_early) mma_chain::commit_to(shared.multiplied);
  mma_chain::multiply(F16{}, sums, a, b, what, true);
  if (fault == Fault::commit_too_early) return;
  mma_chain::commit_to(fault == Fault::commit_elsewhere ? shared.unused : shared.multiplied);
}

void load_sums(Fault fault, std::uint32_t address, float* out) {
  const unsigned warp = threadIdx.x / 32;
  const std::uint32_t lanes = fault == Fault::other_lanes ? 0 : warp * 32 << 16;
  const int first = fault == Fault::load_too_far ? 16 : 0;
  for (int column = 0; column < kTensorWidth; column += 16) {
    std::uint32_t words[16];
    if (fault == Fault::half_a_warp && threadIdx.x % 32 >= 16) continue;
    mma_chain::load_columns(address + lanes + first + column, words);
    if (fault != Fault::early_use && fault != Fault::no_wait_for_loads) {
      mma_chain::wait_for_loads(words);
    }
    for (int i = 0; i < 16; ++i) {
      out[(column + i) * kTensorRows + threadIdx.x] = std::bit_cast<float>(words[i]);
    }
    if (fault == Fault::early_use) mma_chain::wait_for_loads(words);
  }
}

__global__ void multiply_in_block(Fault fault, const uint4* operands, float* out) {
  auto& shared = *reinterpret_cast<Shared*>(cuda::dynamic_shared<std::byte>());
  for (unsigned i = threadIdx.x; i < kChunks; i += kTensorRows) shared.operands[i] = operands[i];
  mma_chain::show_to_tensor_units();
  const unsigned warp = threadIdx.x / 32;
  if (threadIdx.x == 0) {
    mma_chain::set_up(shared.multiplied, 1);
    mma_chain::set_up(shared.unused, 1);
  }
  if (warp == 0) allocate(fault, shared);
  __syncthreads();
  const std::uint32_t address = shared.address;
  store_starts(fault, address + (warp * 32 << 16));
  __syncthreads();
  if (fault != Fault::no_fence_after_sync) mma_chain::fence_after_barrier();

  if (warp == 0 && mma_chain::is_elected()) multiply_twice(fault, shared);
  if (fault != Fault::no_wait) mma_chain::wait_for(shared.multiplied, 0);
  if (fault != Fault::no_fence_after_wait) mma_chain::fence_after_barrier();
  load_sums(fault, address, out);
  mma_chain::fence_before_barrier();
  if (fault != Fault::free_too_early) __syncthreads();
  if (fault == Fault::no_free || warp != (fault == Fault::other_warp ? 1u : 0u)) return;
  if (fault == Fault::free_other) mma_chain::free_tensor_memory<16>(address);
  mma_chain::free_tensor_memory<kTensorWidth>(address);
}

}  // namespace

void multiply_in_tensor_memory(TensorFault fault, const uint4* operands, float* out,
                               cudaStream_t stream) {
  cuda::launch(multiply_in_block, 1, kTensorRows, cuda::DynamicShared{sizeof(Shared)}, stream,
               fault, operands, out);
}

}  // namespace derate::emulation
