// SPDX-License-Identifier: Apache-2.0
// gemm, tma_wgmma: bf16 on Hopper's own tensor instructions. What it adds to mma_sync: wgmma, which
// alone reaches the peak of these tensor units and reads both operands from shared memory, so that
// no instruction loads them; bulk copies (TMA), which one thread starts and which bring the layout
// that wgmma wants; and warps with parts of their own, which meet at barriers in shared memory
// only.
//
// A block computes 128 x 256 elements of C, each of two warpgroups 64 x 256 of them in registers.
// One warp more starts copies of 64 of k, up to four stages ahead. Blocks are there once, not once
// per tile, so that the first stages of the next tile come while C of this one is rounded, staged
// and copied out.
//
// Bound by the tensor units: a stage takes them 1024 clocks. In that time shared memory is read for
// 80 bytes a clock of its 128 and written for 48. From L2 it would be 48 bytes per SM and clock,
// more than the 39 that it has for each if it delivers 5120 in all, as that of an A100 does by
// NVIDIA's white paper (for Hopper it gives none); so two blocks share the columns of B, each
// copies half of them into both, and 32 are left. What is left of the peak goes to the end of a
// tile and to a last wave that does not fill the device: 8192 cubed is 15.5 waves of 132 blocks, at
// most 97 %.
//
// By published figures mma.sync reaches 63 % of a Hopper's peak and a kernel like this one 102 % of
// cuBLAS at 8192 cubed on an H100. This one is to reach 98 %, and has not run on a GPU yet.
//
// Copies want rows that begin at multiples of 16 bytes. Operands and C therefore have a leading
// dimension, as BLAS calls it: the extent rounded up to 8 numbers. Beyond the matrices copies read
// zeros and write nothing, so that no edge costs an instruction. A small C does not fill the
// device, and k is not split: that is left to what serves small problems.
//
// kStage is what an attribution leaves out; of the ordinary kernel, Stage::whole, it changes
// nothing. Stage::shared has the same barriers and no copies but the first of each tile. There is
// no Stage::registers: wgmma itself reads B from shared memory, and A too in the form used here;
// the form with A in registers is another instruction and reads four fifths of the same numbers.
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/tensor_map.h"
#include "derate/cuda/launch.h"
#include "gemm/device_workload.h"
#include "gemm/stages.cuh"
#include "gemm/stages.h"
#include "gemm/tma.cuh"
#include "gemm/transfer_stages.h"
#include "gemm/wgmma_stages.h"
#include "gemm/wgmma_tiles.cuh"
#include "mma_chain/support.h"
#include "mma_chain/wgmma_instructions.cuh"

namespace derate::gemm {
namespace {

constexpr int kGroupThreads = 128;
constexpr int kGroups = 2;  // that multiply
constexpr int kThreads = kGroups * kGroupThreads + 32;
constexpr int kAlignment = 8;  // of rows, in numbers

/// 64 rows of 128 bytes. Swizzled, so that it has to begin where the pattern does, which repeats
/// after eight rows.
struct alignas(1024) Box {
  std::uint32_t pairs[64 * cuda::kBoxColumns / 2];
};

struct StageBoxes {
  Box a[kTileRows / 64];
  Box b[kTileColumns / cuda::kBoxColumns];
};

struct Shared {
  StageBoxes stages[kStages];
  Box c[kGroups][2];
  Barrier full[kStages];   // the stage has been copied
  Barrier empty[kStages];  // the stage has been multiplied, in all blocks of the cluster
};
// Dynamic shared memory begins at a multiple of 16 bytes.
constexpr int kSharedBytes = sizeof(Shared) + alignof(Shared) - 16;

#if defined(DERATE_HAS_WGMMA)

constexpr int kStepDepth = 16;  // of one wgmma

// Matrix descriptors of wgmma but for the address (PTX ISA, "Matrix Descriptor Format"): bits 62
// and 63 are 1 for the swizzle of 128 bytes. The stride dimension byte offset, in units of 16 from
// bit 32 on, leads to the next eight rows of A or of B. The leading one, from bit 16 on, is not
// used where the depth is contiguous, and leads to the next 64 columns of B.
constexpr std::uint64_t kSwizzled = std::uint64_t{1} << 62 | std::uint64_t{1024 / 16} << 32;
constexpr std::uint64_t kDescriptorOfA = kSwizzled | std::uint64_t{1} << 16;
constexpr std::uint64_t kDescriptorOfB = kSwizzled | std::uint64_t{sizeof(Box) / 16} << 16;
// To the next 16 of depth: along a row of A, whose swizzle is that of the address; 16 rows of B.
constexpr int kStepOfA = kStepDepth * 2;
constexpr int kStepOfB = kStepDepth * 128;

__device__ Shared& shared_memory() {
  auto* const bytes = cuda::dynamic_shared<std::byte>();
  const unsigned beyond = shared_address(bytes) % alignof(Shared);
  return *reinterpret_cast<Shared*>(bytes + (beyond == 0 ? 0 : alignof(Shared) - beyond));
}

/// Which stage is next, and the parity of its phase.
struct Turn {
  int stage = 0;
  int parity = 0;

  __device__ void next() {
    stage = stage + 1 == kStages ? 0 : stage + 1;
    parity ^= stage == 0 ? 1 : 0;
  }
};

/// One thread copies: its block's rows of A, and its half of the columns of B for both blocks. At
/// Stage::shared all stages once for each tile; from then on it only hands them out again.
template <Stage kStage>
__device__ void copy_tiles(Shared& shared, Tiles<kStage> tiles, int k, const cuda::TensorMap& a,
                           const cuda::TensorMap& b) {
  constexpr std::uint16_t kAllBlocks = (1 << kBlocks) - 1;
  constexpr int kBoxesOfB = kTileColumns / cuda::kBoxColumns / kBlocks;
  const int first_box = static_cast<int>(blockIdx.x) % kBlocks * kBoxesOfB;
  const int copied = kCopiesInLoop<kStage> || k < kStages * kTileDepth ? k : kStages * kTileDepth;
  Turn turn;
  for (; !tiles.is_over(); tiles.next()) {
    const int row = tiles.row();
    const int column = tiles.column();
#pragma unroll 1
    for (int depth = 0; depth < copied; depth += kTileDepth, turn.next()) {
      StageBoxes& stage = shared.stages[turn.stage];
      Barrier& full = shared.full[turn.stage];
      wait_for(shared.empty[turn.stage], turn.parity ^ 1);
      arrive_expecting(full, sizeof(StageBoxes));
      load_box(stage.a, a, row, depth, full);
#pragma unroll
      for (int i = 0; i < kBoxesOfB; ++i) {
        const int box = first_box + i;
        load_box_into(kAllBlocks, &stage.b[box], b, depth, column + box * cuda::kBoxColumns, full);
      }
    }
    if constexpr (!kCopiesInLoop<kStage>) {
#pragma unroll 1
      for (int depth = copied; depth < k; depth += kTileDepth, turn.next()) {
        wait_for(shared.empty[turn.stage], turn.parity ^ 1);
        arrive_expecting(shared.full[turn.stage], 0);
      }
    }
  }
}

/// 64 x 256 sums of a warpgroup, which hold what "Matrix Fragments for wgmma.mma_async.m64nNk16"
/// draws, rounded and copied to C by way of two boxes in turn.
__device__ void store(Box (&boxes)[2], const float (&sums)[128], const cuda::TensorMap& c, int row,
                      int column, int group) {
  const int thread = static_cast<int>(threadIdx.x) % kGroupThreads;
  const int first_row = thread / 32 * 16 + thread % 32 / 4;
  const int swizzle = first_row % 8;  // eight rows further it is the same
#pragma unroll
  for (int i = 0; i < kTileColumns / cuda::kBoxColumns; ++i) {
    Box& box = boxes[i % 2];
    if (thread == 0) wait_for_reads<1>();
    sync_group(1 + group, kGroupThreads);
#pragma unroll
    for (int chunk = 0; chunk < 8; ++chunk) {
      const float* const of_chunk = sums + i * 32 + chunk * 4;
      const int place = first_row * 32 + (chunk ^ swizzle) * 4 + thread % 4;
      box.pairs[place] = rounded_to_bf16(of_chunk[0], of_chunk[1]);
      box.pairs[place + 8 * 32] = rounded_to_bf16(of_chunk[2], of_chunk[3]);
    }
    show_to_copies();
    sync_group(1 + group, kGroupThreads);
    if (thread == 0) store_box(c, row, column + i * cuda::kBoxColumns, &box);
  }
}

/// A warpgroup multiplies its 64 rows of all tiles. While the instructions of one stage run, those
/// of the next are issued; a stage is given back when its successor has been issued, to both
/// blocks, since both copy into both.
template <Stage kStage>
__device__ void multiply_tiles(Shared& shared, Tiles<kStage> tiles, int k, const cuda::TensorMap& c,
                               int group) {
  const int thread = static_cast<int>(threadIdx.x) % kGroupThreads;
  const auto give_back = [&](int stage) {
    if (thread < kBlocks) arrive_in(thread, shared.empty[stage]);
  };
  // 18 bits of address, and never a carry out of them: a SM has 228 KiB.
  const std::uint64_t first_a = kDescriptorOfA | shared_address(&shared.stages[0].a[group]) / 16;
  const std::uint64_t first_b = kDescriptorOfB | shared_address(&shared.stages[0].b) / 16;
  float sums[128] = {};
  Turn turn;
  for (; !tiles.is_over(); tiles.next()) {
    wait_for(shared.full[turn.stage], turn.parity);
    int before = turn.stage;
#pragma unroll 1
    for (int depth = 0; depth < k; depth += kTileDepth) {
      const std::uint64_t a = first_a + turn.stage * (sizeof(StageBoxes) / 16);
      const std::uint64_t b = first_b + turn.stage * (sizeof(StageBoxes) / 16);
      mma_chain::wgmma_fence();
#pragma unroll
      for (int step = 0; step < kTileDepth / kStepDepth; ++step) {
        mma_chain::wgmma_of_rows_of_b(mma_chain::Bf16{}, sums, a + step * kStepOfA / 16,
                                      b + step * kStepOfB / 16, depth > 0 || step > 0);
      }
      mma_chain::wgmma_commit();
      mma_chain::wgmma_wait<1>();
      if (depth > 0) give_back(before);
      before = turn.stage;
      turn.next();
      if (depth + kTileDepth < k) wait_for(shared.full[turn.stage], turn.parity);
    }
    mma_chain::wgmma_wait<0>();
    give_back(before);
    store(shared.c[group], sums, c, tiles.row() + group * 64, tiles.column(), group);
  }
  if (thread == 0) wait_for_reads<0>();
}

#endif  // DERATE_HAS_WGMMA

template <Stage kStage>
__global__ void __launch_bounds__(kThreads, 1)
    tma_wgmma(int m, int n, int k, DERATE_TENSOR_MAP a, DERATE_TENSOR_MAP b, DERATE_TENSOR_MAP c) {
#if defined(DERATE_HAS_WGMMA)
  Shared& shared = shared_memory();
  const int thread = static_cast<int>(threadIdx.x);
  if (thread == 0) {
#pragma unroll
    for (int stage = 0; stage < kStages; ++stage) {
      set_up(shared.full[stage], 1);
      set_up(shared.empty[stage], kBlocks * kGroups);
    }
    show_barriers();
  }
  sync_cluster();
  const int group = thread / kGroupThreads;
  if (group < kGroups) {
    multiply_tiles(shared, Tiles<kStage>(m, n), k, c, group);
  } else if (thread == kGroups * kGroupThreads) {
    copy_tiles(shared, Tiles<kStage>(m, n), k, a, b);
  }
  // A block whose shared memory others write to, or whose barriers they arrive at, must not end.
  sync_cluster();
#endif
}

/// Of the operands of one set.
struct Maps {
  cuda::TensorMap a;
  cuda::TensorMap b;
  cuda::TensorMap c;
};

Maps maps_of(const Product<Bf16>& product) {
  const auto [m, n, k, a, b, c] = product;
  return {cuda::tensor_map(a, m, k, pitch_of(k, kAlignment), kTileRows),
          cuda::tensor_map(b, k, n, pitch_of(n, kAlignment), kTileDepth),
          cuda::tensor_map(c, m, n, pitch_of(n, kAlignment), 64)};
}

using Kernel = void (*)(int, int, int, cuda::TensorMap, cuda::TensorMap, cuda::TensorMap);
constexpr cuda::Cluster kCluster{kBlocks};
constexpr cuda::DynamicShared kDynamicShared{kSharedBytes};

Kernel kernel_of(Stage stage) {
  if (stage == Stage::whole_waves) return tma_wgmma<Stage::whole_waves>;
  return stage == Stage::shared ? tma_wgmma<Stage::shared> : tma_wgmma<Stage::whole>;
}

/// Maps are encoded here, once for each set: that is work of the driver, which no launch is to
/// wait for.
std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  const Stage stage = operands.stage;
  const int at_once =
      cuda::clusters_at_once(tma_wgmma<Stage::whole>, dim3(kThreads), kCluster, kDynamicShared);
  if (stage == Stage::launch) {
    const std::int64_t blocks = wgmma_blocks(stage, problem.at("m"), problem.at("n"), at_once);
    const LaunchShape shape{blocks, kThreads, kCluster, kDynamicShared};
    return std::make_unique<LaunchStage>(shape, "", session);
  }
  const auto maps = std::make_shared<std::map<const Result<Bf16>*, Maps>>();  // by the place of C
  const auto multiply = [=](const Product<Bf16>& product, cudaStream_t stream) {
    const Maps& own = maps->at(product.c);
    const std::int64_t blocks = wgmma_blocks(stage, product.m, product.n, at_once);
    cuda::launch(kernel_of(stage), dim3(static_cast<unsigned>(blocks)), dim3(kThreads), kCluster,
                 kDynamicShared, stream, product.m, product.n, product.k, own.a, own.b, own.c);
  };
  const auto encode = [&](const std::vector<Product<Bf16>>& products) {
    for (const auto& product : products) maps->emplace(product.c, maps_of(product));
  };
  if (is_transfer(stage)) {
    return transfer_stage<Bf16>(problem, operands, session, multiply, kBlocks * kTileRows, "",
                                kAlignment, encode);
  }
  auto instance = std::make_unique<DeviceInstance<Bf16>>(problem, operands, session, multiply,
                                                         LayoutOfB::row_major, "", kAlignment,
                                                         partial_wgmma(stage, problem, at_once));
  for (int set = 0; set < instance->sets(); ++set) encode({instance->product(set)});
  return instance;
}

std::optional<std::string> unsupported(const Device& device) {
  std::optional<std::string> reason = mma_chain::wgmma_unsupported(device);
#if !defined(DERATE_WITH_SM90A)
  // Code for sm_90 runs on the same chips, and has nothing in this kernel.
  if (!reason) reason = "this build has no code for sm_90a: CMAKE_CUDA_ARCHITECTURES lacks it";
#endif
  return reason;
}

Workload workload() {
  Workload workload = device_workload<Bf16>(
      "tma_wgmma", "derate", {.quick = {8192}, .full = kCubes, .shapes = 150}, prepare);
  workload.unsupported = unsupported;
  workload.stages = wgmma_stages;
  return workload;
}

const Registration registration{workload()};

}  // namespace
}  // namespace derate::gemm
