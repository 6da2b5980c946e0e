// SPDX-License-Identifier: Apache-2.0
// gemm, multistage: register-blocked with cp.async: what the next stages need flows from global to
// shared memory while this one is multiplied, past the registers and with no instruction to store
// it. The registers that this frees hold 8 x 16 sums per thread in the large tile.
//
// Bound by the issue of instructions: six 128-bit loads feed 128 multiply-adds, the rest of a loop
// over a depth of 16 is 12 copies and some 40 others, and 93 % of its slots are left for
// multiply-adds (docs/results has the figures of each architecture). With one block of two warps
// per scheduler, nothing but the warp's own order of instructions hides latency: copies run two
// stages ahead, loads from shared memory one step, and a stage has one barrier, before its last
// step, so that the step behind it covers the first loads of the next. An SM's loads from shared
// memory take three quarters of the time of its multiply-adds if nothing is shared between lanes;
// with 8 x 8 sums it would be all of it. By published figures cuBLAS reaches 77 % of the peak of an
// H200; to do better, this has to use more than 82 % of the issue slots.
//
// No edge costs anything in the loop. Rows and columns that C does not have repeat its last one and
// are not stored; what remains of k modulo the depth comes first, filled up with zeros.
//
// kStage is what an attribution leaves out of the loop (multistage_stages.h); of the ordinary
// kernel, Stage::whole, it changes nothing.
#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/capability.h"
#include "derate/cuda/launch.h"
#include "gemm/configuration.h"
#include "gemm/cp_async.cuh"
#include "gemm/device_workload.h"
#include "gemm/multistage_stages.h"
#include "gemm/register_tile.cuh"
#include "gemm/stages.cuh"
#include "gemm/tile_choice.h"

namespace derate::gemm {
namespace {

/// The tiles of tile_choice.h.
using Large = Tile<128, 256, 16, 16, 3>;
using Medium = Tile<128, 128, 8, 8, 4>;
using Small = Tile<64, 64, 16, 4, 4>;
using LargeHalved = Tile<128, 128, 8, 16, 4>;
using MediumHalved = Tile<64, 128, 8, 8, 4>;
/// Blocks whose registers an SM is to hold. Of the halved medium tile it would be four, but for
/// them some architectures spill.
template <typename T>
constexpr int kBlocksPerUnit = 2;
template <>
constexpr int kBlocksPerUnit<Large> = 1;
template <>
constexpr int kBlocksPerUnit<MediumHalved> = 3;

/// What a thread copies of each tile of A: single floats, since they are stored by columns. That
/// takes A with any alignment, and no more than 8 instructions for 2048 multiply-adds.
template <typename T>
class CopyOfA {
  static constexpr int kColumns = 8;  // a warp takes 4 rows x 32 bytes, memory's smallest piece
  static constexpr int kStep = T::kThreads / kColumns;
  static constexpr int kRows = T::kRows / kStep;

 public:
  __device__ CopyOfA(const float* a, int m, int k, int first_row, int thread)
      : from_(a),
        k_(k),
        column_(thread % kColumns),
        to_(column_ * T::kPitchOfA + thread / kColumns) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      const int row = thread / kColumns + i * kStep;
      row_[i] = static_cast<int>(sizeof(float)) * (first_row + row < m ? row : m - 1 - first_row);
    }
    from_ += static_cast<std::int64_t>(first_row) * k;
  }

  /// The first tile, of which `depth` columns exist.
  __device__ void start(float* stage, int depth) {
#pragma unroll
    for (int p = 0; p < T::kDepth; p += kColumns) {
      const bool is_inside = column_ + p < depth;
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        copy_float_or_zero(stage + to_ + p * T::kPitchOfA + i * kStep,
                           row(i) + (is_inside ? column_ + p : 0), is_inside);
      }
    }
    from_ += depth + column_;
  }

  __device__ void next(float* stage, bool is_wanted) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      const float* const from = row(i);
#pragma unroll
      for (int p = 0; p < T::kDepth; p += kColumns) {
        copy_float_if(is_wanted, stage + to_ + p * T::kPitchOfA + i * kStep, from + p);
      }
    }
    from_ += T::kDepth;
  }

 private:
  /// In bytes, so that it is a single instruction.
  __device__ const float* row(int i) const {
    return reinterpret_cast<const float*>(reinterpret_cast<const char*>(from_) +
                                          static_cast<std::int64_t>(row_[i]) * k_);
  }

  const float* from_;
  int row_[kRows];
  int k_;
  int column_;
  int to_;
};

/// Likewise of B: four floats where all rows are aligned for that, else one.
template <typename T, bool kAligned>
class CopyOfB {
  static constexpr int kWidth = kAligned ? 4 : 1;
  static constexpr int kThreadsPerRow = T::kColumns / kWidth;
  static constexpr int kStep = T::kThreads / kThreadsPerRow;
  static constexpr int kRows = T::kDepth / kStep;

 public:
  __device__ CopyOfB(const float* b, int n, int first_column, int thread)
      : n_(n), row_(thread / kThreadsPerRow), to_(T::kFloatsOfA + thread * kWidth) {
    const int column = first_column + thread % kThreadsPerRow * kWidth;
    from_ = b + (column < n ? column : n - kWidth);
  }

  __device__ void start(float* stage, int depth) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      const int p = row_ + i * kStep;
      const bool is_inside = p < depth;
      const float* const from = from_ + static_cast<std::int64_t>(is_inside ? p : 0) * n_;
      float* const to = stage + to_ + i * kStep * T::kColumns;
      if constexpr (kAligned) {
        copy_4_floats_or_zeros(to, from, is_inside);
      } else {
        copy_float_or_zero(to, from, is_inside);
      }
    }
    from_ += static_cast<std::int64_t>(depth + row_) * n_;
  }

  __device__ void next(float* stage, bool is_wanted) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      float* const to = stage + to_ + i * kStep * T::kColumns;
      if constexpr (kAligned) {
        copy_4_floats_if(is_wanted, to, from_);
      } else {
        copy_float_if(is_wanted, to, from_);
      }
      from_ += static_cast<std::int64_t>(kStep) * n_;
    }
  }

 private:
  const float* from_;
  int n_;
  int row_;
  int to_;
};

template <typename T, bool kAligned, Stage kStage>
__global__ void __launch_bounds__(T::kThreads, kBlocksPerUnit<T>)
    multistage(int m, int n, int k, const float* __restrict__ a, const float* __restrict__ b,
               float* __restrict__ c) {
#if defined(DERATE_HAS_CP_ASYNC)
  constexpr bool kCopies = kCopiesInLoop<kStage>;
  constexpr bool kReads = kReadsInLoop<kStage>;
  constexpr int kAhead = T::kStages - 1;  // stages under way while one is multiplied
  constexpr int kFilled = kCopies ? kAhead : kReads ? T::kStages : 1;  // before the loop
  constexpr int kLastStage = kAhead * T::kFloats;
  float* const shared = cuda::dynamic_shared<float>();
  const int thread = static_cast<int>(threadIdx.x);
  const TilePlace tile_place =
      place_of_tile<T>(tile_of<kStage>(static_cast<int>(blockIdx.x), tiles_across<T>(m, n)), m, n);
  const int tiles = (k + T::kDepth - 1) / T::kDepth;
  CopyOfA<T> a_copy(a, m, k, tile_place.row, thread);
  CopyOfB<T, kAligned> b_copy(b, n, tile_place.column, thread);
  const int first_depth = k - (tiles - 1) * T::kDepth;
  a_copy.start(shared, first_depth);
  b_copy.start(shared, first_depth);
  commit_copies();
#pragma unroll
  for (int tile = 1; tile < kFilled; ++tile) {
    a_copy.next(shared + tile * T::kFloats, tile < tiles);
    b_copy.next(shared + tile * T::kFloats, tile < tiles);
    commit_copies();
  }

  const Place place = place_of<T>(thread);
  const float* const a_place = shared + place.row;
  const float* const b_place = shared + T::kFloatsOfA + place.column;
  Fragment<T> fragments[2];
  Sums<T> sums = {};
  wait_for_copies<kCopies ? kAhead - 1 : 0>();
  __syncthreads();
  fragments[0].load(a_place, b_place, 0);
  if constexpr (!kReads) fragments[1].load(a_place, b_place, 1);
  int read = 0;  // offset of the stage that is multiplied, and of the one that is filled
  int write = kLastStage;
#pragma unroll 1
  for (int copied = kAhead; copied < tiles + kAhead; ++copied) {
#pragma unroll
    for (int p = 0; p < T::kDepth; ++p) {
      if (kReads && p == T::kDepth - 1) {
        // The next stage is there for all threads, and all have read this one: its last step is in
        // their registers.
        if constexpr (kCopies) wait_for_copies<kAhead - 1>();
        __syncthreads();
        read = read == kLastStage ? 0 : read + T::kFloats;
      }
      if constexpr (kReads) {
        fragments[(p + 1) % 2].load(a_place + read, b_place + read, (p + 1) % T::kDepth);
      } else {
        fragments[p % 2].make_opaque();
      }
      if (kCopies && p == 0) {
        a_copy.next(shared + write, copied < tiles);
        b_copy.next(shared + write, copied < tiles);
        commit_copies();
        write = write == kLastStage ? 0 : write + T::kFloats;
      }
      multiply_add<T>(sums, fragments[p % 2]);
    }
  }
  store<T, kAligned>(sums, c, m, n, tile_place.row + place.row, tile_place.column + place.column);
#endif
}

template <typename T>
void multiply(const Product<float>& product, cudaStream_t stream) {
  const bool aligned = is_aligned(product.b, product.n) && is_aligned(product.c, product.n);
  cuda::launch(aligned ? multistage<T, true, Stage::whole> : multistage<T, false, Stage::whole>,
               blocks<T>(product.m, product.n), dim3(T::kThreads),
               cuda::DynamicShared{T::kSharedBytes}, stream, product.m, product.n, product.k,
               product.a, product.b, product.c);
}

constexpr void (*kMultiply[])(const Product<float>&, cudaStream_t) = {
    multiply<Large>, multiply<Medium>, multiply<Small>, multiply<LargeHalved>,
    multiply<MediumHalved>};
static_assert(matches<Large>(kTileShapes[0]) && matches<Medium>(kTileShapes[1]) &&
              matches<Small>(kTileShapes[2]) && matches<LargeHalved>(kTileShapes[3]) &&
              matches<MediumHalved>(kTileShapes[4]) && std::size(kMultiply) == kTileShapeCount);

template <typename T, bool kAligned>
TileKernels kernels_of() {
  return {multistage<T, kAligned, Stage::whole>,
          multistage<T, kAligned, Stage::whole_waves>,
          multistage<T, kAligned, Stage::shared>,
          multistage<T, kAligned, Stage::registers>,
          T::kThreads,
          T::kSharedBytes};
}

constexpr TileKernels (*kKernels[][2])() = {
    {kernels_of<Large, false>, kernels_of<Large, true>},
    {kernels_of<Medium, false>, kernels_of<Medium, true>},
    {kernels_of<Small, false>, kernels_of<Small, true>},
    {kernels_of<LargeHalved, false>, kernels_of<LargeHalved, true>},
    {kernels_of<MediumHalved, false>, kernels_of<MediumHalved, true>}};
static_assert(std::size(kKernels) == kTileShapeCount);

std::vector<std::string> configurations(const Device&) {
  std::vector<std::string> names;
  for (const TileShape& shape : kTileShapes) names.push_back(name_of(shape));
  return names;
}

std::string usual_configuration(const Problem& problem, const Device& device) {
  return name_of(kTileShapes[chosen_tile(problem.at("m"), problem.at("n"), device.compute_units,
                                         cuda::compute_capability(device.architecture))]);
}

std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  const Device& device = session.device();
  const std::string name = operands.configuration.empty() ? usual_configuration(problem, device)
                                                          : operands.configuration;
  const std::size_t tile = place_of_configuration(name, configurations(device));
  if (operands.stage != Stage::whole) {
    const bool aligned = problem.at("n") % kGroup == 0;
    return multistage_stage(problem, operands, session, kTileShapes[tile],
                            kKernels[tile][aligned](), kMultiply[tile]);
  }
  return std::make_unique<DeviceInstance<float>>(problem, operands, session, kMultiply[tile],
                                                 LayoutOfB::row_major, name);
}

std::optional<std::string> unsupported(const Device& device) {
  if (cuda::compute_capability(device.architecture) >= 80) return std::nullopt;
  return "cp.async is an instruction of compute capability 8.0 and later";
}

Workload workload() {
  Workload workload = device_workload<float>(
      "multistage", "derate", {.quick = {4096, 8192}, .full = kCubes, .shapes = 150, .speed = 0.8},
      prepare);
  workload.unsupported = unsupported;
  workload.configurations = configurations;
  workload.usual_configuration = usual_configuration;
  workload.stages = multistage_stages;
  return workload;
}

const Registration registration{workload()};

}  // namespace
}  // namespace derate::gemm
