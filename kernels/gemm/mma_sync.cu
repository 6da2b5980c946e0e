// SPDX-License-Identifier: Apache-2.0
// gemm, mma_sync: bf16 on tensor units. A block computes 128 x 128 elements of C from tiles 32
// deep, four warps 64 x 64 of them each, 64 tensor instructions per warp and tile. Copies run two
// tiles ahead of them, past the registers. Other configurations, for a measurement to prefer, are
// blocks twice as wide, which copy less, and blocks of a quarter, of which a small C has more.
//
// Bound by the issue of tensor instructions where these reach the peak, which on Hopper and on
// Blackwell's data centre chips takes wgmma and its successor. A pair of tiles is 512 clocks of an
// A100's tensor units and 384 of its shared memory, which at 128 bytes a clock writes 16 KiB and
// reads 32; what is left of the peak goes to the wait at one barrier per tile, which a second block
// on the SM fills.
//
// Chunks of 16 bytes lie in shared memory with their place in a row xor'ed with the row's number,
// so that neither the copies nor reads of eight rows at once meet in a bank. Sums are f32 and are
// rounded to bf16 once, at the end: what cuBLASLt's bf16 product gives, and so its yardstick.
#include <cuda_runtime.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "derate/cuda/launch.h"
#include "gemm/configuration.h"
#include "gemm/device_workload.h"
#include "gemm/mma_tile.cuh"
#include "gemm/tensor_support.h"
#include "mma_chain/mma_instructions.cuh"

namespace derate::gemm {
namespace {

constexpr int kDepth = 32;  // of k per tile
constexpr int kStages = 3;
constexpr int kChunk = 8;                    // numbers
constexpr int kChunksOfA = kDepth / kChunk;  // in a row
constexpr int kGroup = 8;  // rows of blocks that run side by side, and so share columns of B in L2

/// Rows and columns of C that a block computes, and of those a warp; and the blocks whose registers
/// an SM is to hold.
template <int kBlockRows, int kBlockColumns, int kWarpRows, int kWarpColumns, int kBlocks>
struct Block {
  static constexpr int kRows = kBlockRows;
  static constexpr int kColumns = kBlockColumns;
  static constexpr int kRowsOfWarp = kWarpRows;
  static constexpr int kColumnsOfWarp = kWarpColumns;
  static constexpr int kBlocksPerUnit = kBlocks;
  static constexpr int kWarpsAcross = kColumns / kColumnsOfWarp;
  static constexpr int kThreads = 32 * kWarpsAcross * (kRows / kRowsOfWarp);
  static constexpr int kChunksOfB = kColumns / kChunk;
  static constexpr int kTilesOfA = kRowsOfWarp / 16;
  static constexpr int kTilesOfB = kColumnsOfWarp / 8;

  struct Stage {
    Chunk a[kRows * kChunksOfA];
    Chunk b[kDepth * kChunksOfB];
  };
  static constexpr int kSharedBytes = kStages * static_cast<int>(sizeof(Stage));

  static std::string name() {
    return std::to_string(kRows) + "x" + std::to_string(kColumns) + "x" + std::to_string(kDepth) +
           "/" + std::to_string(kRowsOfWarp) + "x" + std::to_string(kColumnsOfWarp) + "/" +
           std::to_string(kStages);
  }
};
using Usual = Block<128, 128, 64, 64, 2>;
using Wide = Block<128, 256, 64, 64, 1>;
using Quarter = Block<64, 64, 32, 32, 4>;

/// Two rows of A fill all banks, so that every second row shifts its chunks; one row of B fills
/// them at least once, so that every row does.
__device__ int chunk_of_a(int row, int chunk) {
  return row * kChunksOfA + (chunk ^ (row >> 1 & (kChunksOfA - 1)));
}
template <typename T>
__device__ int chunk_of_b(int row, int chunk) {
  return row * T::kChunksOfB + (chunk ^ (row & 7));
}

/// Eight neighbours in one row of a matrix, as far as they lie inside. `kAligned` promises that all
/// of them do, or none.
template <bool kAligned>
__device__ void fetch(Chunk* to, const Bf16* __restrict__ matrix, int rows, int columns, int row,
                      int column) {
  const std::int64_t first = static_cast<std::int64_t>(row) * columns + column;
  if constexpr (kAligned) {
    const bool is_inside = row < rows && column < columns;
    copy_chunk(to, matrix + (is_inside ? first : 0), is_inside);
  } else {
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      const bool is_inside = row < rows && column + i < columns;
      to->numbers[i] = is_inside ? matrix[first + i].bits : std::uint16_t{0};
    }
  }
}

/// A part for each thread. Beyond k there are zeros, which add nothing.
template <typename T, bool kAligned>
__device__ void fetch_tiles(typename T::Stage& stage, int m, int n, int k,
                            const Bf16* __restrict__ a, const Bf16* __restrict__ b, int first_row,
                            int first_column, int depth) {
  const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
  for (int copy = 0; copy < T::kRows * kChunksOfA / T::kThreads; ++copy) {
    const int i = copy * T::kThreads + thread;
    const int row = i / kChunksOfA;
    const int chunk = i % kChunksOfA;
    fetch<kAligned>(&stage.a[chunk_of_a(row, chunk)], a, m, k, first_row + row,
                    depth + chunk * kChunk);
  }
#pragma unroll
  for (int copy = 0; copy < kDepth * T::kChunksOfB / T::kThreads; ++copy) {
    const int i = copy * T::kThreads + thread;
    const int row = i / T::kChunksOfB;
    const int chunk = i % T::kChunksOfB;
    fetch<kAligned>(&stage.b[chunk_of_b<T>(row, chunk)], b, k, n, depth + row,
                    first_column + chunk * kChunk);
  }
}

/// The warp's part of one pair of tiles. Of A two tiles are held at a time, the next one read while
/// this one is multiplied. The lane's first chunks lie at `place_in_a` and `place_in_b`. The next
/// chunks of a row differ in bits of the place that no carry reaches, so that xor finds them in
/// spite of the swizzle, and 16 rows further the swizzle is the same.
template <typename T>
__device__ void multiply_tiles(const typename T::Stage& stage, int place_in_a, int place_in_b,
                               float (&sums)[T::kTilesOfA][T::kTilesOfB][4]) {
#pragma unroll
  for (int depth = 0; depth < kDepth; depth += 16) {
    std::uint32_t b[T::kTilesOfB][2];
#pragma unroll
    for (int j = 0; j < T::kTilesOfB; j += 2) {
      std::uint32_t two[4];
      load_transposed(&stage.b[depth * T::kChunksOfB + (place_in_b ^ j)], two);
      b[j][0] = two[0];
      b[j][1] = two[1];
      b[j + 1][0] = two[2];
      b[j + 1][1] = two[3];
    }
    std::uint32_t a[2][4];
    const int place = place_in_a ^ (depth / kChunk);
    load_matrices(&stage.a[place], a[0]);
#pragma unroll
    for (int i = 0; i < T::kTilesOfA; ++i) {
      if (i + 1 < T::kTilesOfA) {
        load_matrices(&stage.a[place + 16 * (i + 1) * kChunksOfA], a[(i + 1) % 2]);
      }
#pragma unroll
      for (int j = 0; j < T::kTilesOfB; ++j) {
        mma_chain::step(mma_chain::Bf16{}, sums[i][j], a[i % 2], b[j]);
      }
    }
  }
}

/// To the nearest, the even one of two; sums are neither infinite nor NaN.
__device__ std::uint32_t rounded_to_bf16(float sum) {
  const auto bits = std::bit_cast<std::uint32_t>(sum);
  return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

/// Two neighbours in a row of C; with an even number of columns they are stored as one.
template <bool kAligned>
__device__ void store(Bf16* __restrict__ c, int m, int n, int row, int column, float first,
                      float second) {
  if (row >= m || column >= n) return;
  Bf16* const to = c + static_cast<std::int64_t>(row) * n + column;
  const std::uint32_t low = rounded_to_bf16(first);
  const std::uint32_t high = rounded_to_bf16(second);
  if constexpr (kAligned) {
    *reinterpret_cast<std::uint32_t*>(to) = low | high << 16;
  } else {
    to[0].bits = static_cast<std::uint16_t>(low);
    if (column + 1 < n) to[1].bits = static_cast<std::uint16_t>(high);
  }
}

template <bool kAligned, typename T>
__global__ void __launch_bounds__(T::kThreads, kAligned ? T::kBlocksPerUnit : 1)
    mma_sync(int m, int n, int k, const Bf16* __restrict__ a, const Bf16* __restrict__ b,
             Bf16* __restrict__ c) {
  auto* const stages = cuda::dynamic_shared<typename T::Stage>();
  const int blocks_down = (m + T::kRows - 1) / T::kRows;
  const int blocks_across = (n + T::kColumns - 1) / T::kColumns;
  const int block = static_cast<int>(blockIdx.x);
  const int group = block / (kGroup * blocks_across) * kGroup;
  const int blocks_of_group = blocks_down - group < kGroup ? blocks_down - group : kGroup;
  const int place = block % (kGroup * blocks_across);
  const int first_row = (group + place % blocks_of_group) * T::kRows;
  const int first_column = place / blocks_of_group * T::kColumns;

  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp_row = warp / T::kWarpsAcross * T::kRowsOfWarp;
  const int warp_column = warp % T::kWarpsAcross * T::kColumnsOfWarp;
  const int place_in_a = chunk_of_a(warp_row + lane % 16, lane / 16);
  const int place_in_b = chunk_of_b<T>(lane % 16, warp_column / kChunk + lane / 16);
  float sums[T::kTilesOfA][T::kTilesOfB][4] = {};

#pragma unroll
  for (int stage = 0; stage < kStages - 1; ++stage) {
    fetch_tiles<T, kAligned>(stages[stage], m, n, k, a, b, first_row, first_column, stage * kDepth);
    end_group_of_chunks();
  }
  int stage = 0;
#pragma unroll 1
  for (int depth = 0; depth < k; depth += kDepth) {
    // The oldest tiles have come, for all threads; and all are done with the ones before, whose
    // place the next copies take.
    wait_for_chunks<kStages - 2>();
    __syncthreads();
    const int free = stage == 0 ? kStages - 1 : stage - 1;
    fetch_tiles<T, kAligned>(stages[free], m, n, k, a, b, first_row, first_column,
                             depth + (kStages - 1) * kDepth);
    end_group_of_chunks();
    multiply_tiles<T>(stages[stage], place_in_a, place_in_b, sums);
    stage = stage == kStages - 1 ? 0 : stage + 1;
  }
  wait_for_chunks<0>();
#pragma unroll
  for (int i = 0; i < T::kTilesOfA; ++i) {
#pragma unroll
    for (int j = 0; j < T::kTilesOfB; ++j) {
      const int row = first_row + warp_row + i * 16 + lane / 4;
      const int column = first_column + warp_column + j * 8 + lane % 4 * 2;
      store<kAligned>(c, m, n, row, column, sums[i][j][0], sums[i][j][1]);
      store<kAligned>(c, m, n, row + 8, column, sums[i][j][2], sums[i][j][3]);
    }
  }
}

template <typename T>
void multiply(const Product<Bf16>& product, cudaStream_t stream) {
  const auto [m, n, k, a, b, c] = product;
  const int blocks = (m + T::kRows - 1) / T::kRows * ((n + T::kColumns - 1) / T::kColumns);
  // Rows that begin at multiples of 16 bytes, as the operands themselves do.
  const bool is_aligned = n % kChunk == 0 && k % kChunk == 0;
  cuda::launch(is_aligned ? mma_sync<true, T> : mma_sync<false, T>,
               dim3(static_cast<unsigned>(blocks)), dim3(T::kThreads),
               cuda::DynamicShared{T::kSharedBytes}, stream, m, n, k, a, b, c);
}

std::vector<std::string> configurations(const Device&) {
  return {Usual::name(), Wide::name(), Quarter::name()};
}

std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  constexpr void (*kMultiply[])(const Product<Bf16>&, cudaStream_t) = {
      multiply<Usual>, multiply<Wide>, multiply<Quarter>};
  const std::string name = operands.configuration.empty() ? Usual::name() : operands.configuration;
  const std::size_t place = place_of_configuration(name, configurations(session.device()));
  return std::make_unique<DeviceInstance<Bf16>>(problem, operands, session, kMultiply[place],
                                                LayoutOfB::row_major, name);
}

Workload workload() {
  Workload workload = device_workload<Bf16>(
      "mma_sync", "derate", {.quick = {8192}, .full = kCubes, .shapes = 150, .speed = 0.5},
      prepare);
  workload.unsupported = [](const Device& device) {
    return tensor_units_unsupported("mma.sync", Precision::bf16, device);
  };
  workload.configurations = configurations;
  workload.usual_configuration = [](const Problem&, const Device&) { return Usual::name(); };
  return workload;
}

const Registration registration{workload()};

}  // namespace
}  // namespace derate::gemm
