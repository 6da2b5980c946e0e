// SPDX-License-Identifier: Apache-2.0
// The kernel of gemm/tcgen05 (tcgen05.cu says what it does and why): what its warps do, the
// barriers at which they wait for each other, and what tensor instructions are told of shared
// memory. kStage is what an attribution leaves out, as in tma_wgmma.
#pragma once

#include <cuda_runtime.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "backend/cuda/tensor_map.h"
#include "derate/cuda/launch.h"
#include "gemm/pair_copies.cuh"
#include "gemm/stages.cuh"
#include "gemm/tma.cuh"
#include "gemm/wgmma_tiles.cuh"
#include "mma_chain/tcgen05_instructions.cuh"
#include "mma_chain/tcgen05_operands.h"

namespace derate::gemm {
namespace {

constexpr int kStoring = 128;  // threads that take the sums out, each of one row
constexpr int kCopyingWarp = 4;
constexpr int kMultiplyingWarp = 5;
constexpr int kThreads = 192;
constexpr int kAlignment = 8;  // of rows, in numbers
constexpr int kSets = 2;       // of sums

/// `kShare` blocks share an instruction: one or both of a cluster.
template <int kShare>
constexpr int kDepthStages = kShare == 1 ? 4 : 6;
constexpr int kBoxesOfB = kTileColumns / cuda::kBoxColumns;  // half of them copied by each block

/// 64 rows of 128 bytes. Swizzled, so that it has to begin where the pattern does, which repeats
/// after eight rows.
struct alignas(1024) Box {
  std::uint32_t pairs[64 * cuda::kBoxColumns / 2];
};

template <int kShare>
struct StageBoxes {
  Box a[kTileRows / 64];
  Box b[kBoxesOfB / kShare];
};

template <int kShare>
struct Shared {
  StageBoxes<kShare> stages[kDepthStages<kShare>];
  Box c[2][kTileRows / 64];
  Barrier full[kDepthStages<kShare>];   // the stage has been copied, in all blocks that share
  Barrier empty[kDepthStages<kShare>];  // the stage has been multiplied, in all of the cluster
  Barrier summed[kSets];                // all of k has been
  Barrier stored[kSets];                // the sums have been taken out, in all blocks that share
  std::uint32_t tensor_memory;          // its address
};
// Dynamic shared memory begins at a multiple of 16 bytes.
template <int kShare>
constexpr int kSharedBytes = sizeof(Shared<kShare>) + alignof(Shared<kShare>) - 16;

#if defined(DERATE_HAS_TCGEN05)

constexpr int kTensorColumns = kSets * kTileColumns;  // all that there are
constexpr int kStepDepth = 16;                        // of one multiply-add
constexpr std::uint16_t kAllBlocks = (1 << kBlocks) - 1;

// Shared memory descriptors but for the address: bits 61 to 63 are 2 for the swizzle of 128 bytes,
// bit 46 is always set. The stride dimension byte offset, in units of 16 from bit 32 on, leads to
// the next eight rows of A or of B. The leading one, from bit 16 on, is not used where the depth is
// contiguous, and leads to the next 64 columns of B.
constexpr std::uint64_t kSwizzled =
    std::uint64_t{2} << 61 | std::uint64_t{1} << 46 | std::uint64_t{1024 / 16} << 32;
constexpr std::uint64_t kDescriptorOfA = kSwizzled | std::uint64_t{1} << 16;
constexpr std::uint64_t kDescriptorOfB = kSwizzled | std::uint64_t{sizeof(Box) / 16} << 16;
// To the next 16 of depth: along a row of A, whose swizzle is that of the address; 16 rows of B.
constexpr int kStepOfA = kStepDepth * 2;
constexpr int kStepOfB = kStepDepth * 128;
// B by rows: "transposed", bit 16.
template <int kShare>
constexpr std::uint32_t kWhat =
    mma_chain::instruction_descriptor<mma_chain::Bf16>(kShare* kTileRows, kTileColumns) |
    std::uint32_t{1} << 16;

template <int kShare>
__device__ Shared<kShare>& shared_memory() {
  auto* const bytes = cuda::dynamic_shared<std::byte>();
  const unsigned beyond = shared_address(bytes) % alignof(Shared<kShare>);
  return *reinterpret_cast<Shared<kShare>*>(bytes +
                                            (beyond == 0 ? 0 : alignof(Shared<kShare>) - beyond));
}

__device__ int rank_in_cluster() { return static_cast<int>(blockIdx.x) % kBlocks; }

/// Which of so many is next, and the parity of its phase.
template <int kCount>
struct Turn {
  int place = 0;
  int parity = 0;

  __device__ void next() {
    place = place + 1 == kCount ? 0 : place + 1;
    parity ^= place == 0 ? 1 : 0;
  }
};

/// A stage's boxes of A and B. In a pair both blocks' bytes count for the first one's barrier.
template <int kShare>
__device__ void copy_stage(Shared<kShare>& shared, int place, const cuda::TensorMap& a,
                           const cuda::TensorMap& b, int row, int column, int depth) {
  constexpr int kOwnBoxes = kBoxesOfB / kBlocks;
  StageBoxes<kShare>& stage = shared.stages[place];
  Barrier& full = shared.full[place];
  const int first_box = rank_in_cluster() * kOwnBoxes;
  if constexpr (kShare == 1) {
    arrive_expecting(full, sizeof(StageBoxes<kShare>));
    load_box(stage.a, a, row, depth, full);
#pragma unroll
    for (int i = 0; i < kOwnBoxes; ++i) {
      const int box = first_box + i;
      load_box_into(kAllBlocks, &stage.b[box], b, depth, column + box * cuda::kBoxColumns, full);
    }
  } else {
    if (rank_in_cluster() == 0) arrive_expecting(full, kShare * sizeof(StageBoxes<kShare>));
    load_box_for_first(stage.a, a, row, depth, full);
#pragma unroll
    for (int i = 0; i < kOwnBoxes; ++i) {
      load_box_for_first(&stage.b[i], b, depth, column + (first_box + i) * cuda::kBoxColumns, full);
    }
  }
}

/// One thread copies. At Stage::shared all stages once for each tile; from then on it only hands
/// them out again.
template <Stage kStage, int kShare>
__device__ void copy_tiles(Shared<kShare>& shared, Tiles<kStage> tiles, int k,
                           const cuda::TensorMap& a, const cuda::TensorMap& b) {
  constexpr int kAhead = kDepthStages<kShare> * kTileDepth;
  const int copied = kCopiesInLoop<kStage> || k < kAhead ? k : kAhead;
  Turn<kDepthStages<kShare>> turn;
  for (; !tiles.is_over(); tiles.next()) {
    const int row = tiles.row();
    const int column = tiles.column();
#pragma unroll 1
    for (int depth = 0; depth < copied; depth += kTileDepth, turn.next()) {
      wait_for(shared.empty[turn.place], turn.parity ^ 1);
      copy_stage(shared, turn.place, a, b, row, column, depth);
    }
    if constexpr (!kCopiesInLoop<kStage>) {
#pragma unroll 1
      for (int depth = copied; depth < k; depth += kTileDepth, turn.next()) {
        wait_for(shared.empty[turn.place], turn.parity ^ 1);
        if (kShare == 1 || rank_in_cluster() == 0) arrive_expecting(shared.full[turn.place], 0);
      }
    }
  }
}

/// One thread of a block, or of the first block of a pair, multiplies all tiles: a stage is given
/// back, to both blocks, since both copy, when its instructions are done.
template <Stage kStage, int kShare>
__device__ void multiply_tiles(Shared<kShare>& shared, Tiles<kStage> tiles, int k) {
  // 18 bits of address, and never a carry out of them: a SM has 228 KiB.
  const std::uint64_t first_a = kDescriptorOfA | shared_address(&shared.stages[0].a) / 16;
  const std::uint64_t first_b = kDescriptorOfB | shared_address(&shared.stages[0].b) / 16;
  Turn<kDepthStages<kShare>> turn;
  Turn<kSets> set;
  for (; !tiles.is_over(); tiles.next(), set.next()) {
    const std::uint32_t sums = shared.tensor_memory + set.place * kTileColumns;
    wait_for(shared.stored[set.place], set.parity ^ 1);
#pragma unroll 1
    for (int depth = 0; depth < k; depth += kTileDepth, turn.next()) {
      const std::uint64_t a = first_a + turn.place * (sizeof(StageBoxes<kShare>) / 16);
      const std::uint64_t b = first_b + turn.place * (sizeof(StageBoxes<kShare>) / 16);
      wait_for(shared.full[turn.place], turn.parity);
      mma_chain::fence_after_barrier();  // and after the sums before these have been taken out
#pragma unroll
      for (int step = 0; step < kTileDepth / kStepDepth; ++step) {
        const std::uint64_t step_a = a + step * kStepOfA / 16;
        const std::uint64_t step_b = b + step * kStepOfB / 16;
        const bool add = depth > 0 || step > 0;
        if constexpr (kShare == 1) {
          mma_chain::multiply(mma_chain::Bf16{}, sums, step_a, step_b, kWhat<kShare>, add);
        } else {
          mma_chain::multiply_in_pair(mma_chain::Bf16{}, sums, step_a, step_b, kWhat<kShare>, add);
        }
      }
      mma_chain::commit_in<kShare>(kAllBlocks, shared.empty[turn.place]);
    }
    if constexpr (kShare == 1) {
      mma_chain::commit_to(shared.summed[set.place]);
    } else {
      mma_chain::commit_in<kShare>(kAllBlocks, shared.summed[set.place]);
    }
  }
}

/// 64 columns of a thread's row, rounded, to a box for the copy.
__device__ void round_columns(Box* boxes, std::uint32_t sums, int row) {
  auto* const chunks = reinterpret_cast<uint4*>(boxes) + row * 8;
#pragma unroll
  for (int quarter = 0; quarter < 4; ++quarter) {
    std::uint32_t words[16];
    mma_chain::load_columns(sums + quarter * 16, words);
    mma_chain::wait_for_loads(words);
    std::uint32_t pairs[8];
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      pairs[i] = rounded_to_bf16(std::bit_cast<float>(words[2 * i]),
                                 std::bit_cast<float>(words[2 * i + 1]));
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const std::uint32_t* const of_half = pairs + half * 4;
      chunks[(quarter * 2 + half) ^ row % 8] = {of_half[0], of_half[1], of_half[2], of_half[3]};
    }
  }
}

/// Four warps take the sums of all tiles out, each those of the 32 rows that it reaches, by way of
/// two boxes in turn.
template <Stage kStage, int kShare>
__device__ void store_tiles(Shared<kShare>& shared, Tiles<kStage> tiles, const cuda::TensorMap& c) {
  const int thread = static_cast<int>(threadIdx.x);
  const std::uint32_t own_lanes = static_cast<std::uint32_t>(thread / 32 * 32) << 16;
  const int first_rank = kShare == 1 ? rank_in_cluster() : 0;
  Turn<kSets> set;
  for (; !tiles.is_over(); tiles.next(), set.next()) {
    const std::uint32_t sums = shared.tensor_memory + own_lanes + set.place * kTileColumns;
    wait_for(shared.summed[set.place], set.parity);
    mma_chain::fence_after_barrier();
#pragma unroll 1
    for (int i = 0; i < kTileColumns / cuda::kBoxColumns; ++i) {
      Box* const boxes = shared.c[i % 2];
      if (thread == 0) wait_for_reads<1>();
      sync_group(1, kStoring);
      round_columns(boxes, sums + i * cuda::kBoxColumns, thread);
      show_to_copies();
      sync_group(1, kStoring);
      if (thread == 0) store_box(c, tiles.row(), tiles.column() + i * cuda::kBoxColumns, boxes);
    }
    mma_chain::fence_before_barrier();
    arrive_in(first_rank, shared.stored[set.place]);
  }
  if (thread == 0) wait_for_reads<0>();
}

template <int kShare>
__device__ void set_up_all(Shared<kShare>& shared) {
#pragma unroll
  for (int stage = 0; stage < kDepthStages<kShare>; ++stage) {
    set_up(shared.full[stage], 1);
    set_up(shared.empty[stage], kBlocks / kShare);
  }
#pragma unroll
  for (int set = 0; set < kSets; ++set) {
    set_up(shared.summed[set], 1);
    set_up(shared.stored[set], kShare * kStoring);
  }
  show_barriers();
}

#endif  // DERATE_HAS_TCGEN05

template <Stage kStage, int kShare>
__global__ void __launch_bounds__(kThreads, 1)
    tcgen05(int m, int n, int k, DERATE_TENSOR_MAP a, DERATE_TENSOR_MAP b, DERATE_TENSOR_MAP c) {
#if defined(DERATE_HAS_TCGEN05)
  Shared<kShare>& shared = shared_memory<kShare>();
  const int warp = static_cast<int>(threadIdx.x) / 32;
  if (threadIdx.x == 0) set_up_all(shared);
  if (warp == 0) {
    mma_chain::allocate_tensor_memory<kTensorColumns, kShare>(shared.tensor_memory);
    mma_chain::end_allocations<kShare>();
  }
  mma_chain::fence_before_barrier();
  sync_cluster();
  mma_chain::fence_after_barrier();
  if (warp < kCopyingWarp) {
    store_tiles(shared, Tiles<kStage>(m, n), c);
  } else if (warp == kCopyingWarp) {
    if (mma_chain::is_elected()) copy_tiles(shared, Tiles<kStage>(m, n), k, a, b);
  } else if (warp == kMultiplyingWarp && (kShare == 1 || rank_in_cluster() == 0)) {
    if (mma_chain::is_elected()) multiply_tiles(shared, Tiles<kStage>(m, n), k);
  }
  // A block whose shared memory others write to, or whose barriers they arrive at, must not end.
  sync_cluster();
  if (warp == 0) mma_chain::free_tensor_memory<kTensorColumns, kShare>(shared.tensor_memory);
#endif
}

}  // namespace
}  // namespace derate::gemm
