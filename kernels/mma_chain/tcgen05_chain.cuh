// SPDX-License-Identifier: Apache-2.0
// The chains of tcgen05, plain and with block scales: a block per SM holds 128 x 256 sums in tensor
// memory; A and B lie in shared memory, four steps deep, as in the inner loop of a matrix product.
// tcgen05.cu and tcgen05_scaled.cu say which formats.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/cuda/launch.h"
#include "derate/cuda/stream_session.h"
#include "derate/error.h"
#include "derate/workload.h"
#include "mma_chain/tcgen05_instructions.cuh"
#include "mma_chain/tcgen05_operands.h"
#include "mma_chain/tcgen05_support.h"
#include "mma_chain/work.h"

namespace derate::mma_chain {

constexpr int kBlockThreads = kBlockRows;  // each reads the sums of a lane
constexpr int kStepsPerLoop = 8;
constexpr int kDepths = 4;  // steps until the operands repeat
constexpr int kLoopsPerRound = 64;
constexpr int kBytesOfA = kBlockRows * kGroupDepthBytes;  // of a step
constexpr int kBytesOfB = kBlockColumns * kGroupDepthBytes;
constexpr int kOperandBytes = kDepths * (kBytesOfA + kBytesOfB);  // 48 KiB

struct ChainMemory {
  alignas(128) uint4 operands[kOperandBytes / sizeof(uint4)];
  Barrier multiplied[2];  // every second loop
  Barrier all_multiplied;
  std::uint32_t tensor_memory;  // its address
};
/// More than half of an SM's 228 KiB, so that each has one block: of two, the second would wait for
/// tensor memory. Dynamic shared memory begins at a multiple of 16 bytes.
constexpr int kChainBytes =
    std::max<int>(sizeof(ChainMemory) + alignof(ChainMemory) - 16, 116 << 10);

/// How many columns of scales there are, and how many in all, a power of two.
template <typename T>
constexpr int kColumnsOfScales = 0;
template <BlockScaled T>
constexpr int kColumnsOfScales<T> = kDepths / kStepsPerScaleWord<T>* kScaleColumns;
template <typename T>
constexpr int kTensorColumns =
    static_cast<int>(std::bit_ceil(static_cast<unsigned>(kBlockColumns + kColumnsOfScales<T>)));

#if defined(DERATE_HAS_TCGEN05)

__device__ inline ChainMemory& chain_memory() {
  auto* const bytes = cuda::dynamic_shared<std::byte>();
  const unsigned beyond = shared_address(bytes) % alignof(ChainMemory);
  return *reinterpret_cast<ChainMemory*>(bytes + (beyond == 0 ? 0 : alignof(ChainMemory) - beyond));
}

/// Step `step` of a loop. Whether it adds is known only at run time, for the first one of a loop.
template <typename T>
__device__ inline void issue(std::uint32_t sums, std::uint64_t a, std::uint64_t b, int step,
                             bool add) {
  const int depth = step % kDepths;
  a += depth * kBytesOfA / 16;
  b += depth * kBytesOfB / 16;
  if constexpr (BlockScaled<T>) {
    const int word = depth / kStepsPerScaleWord<T>;
    const int byte = depth % kStepsPerScaleWord<T> * T::kScales;
    const std::uint32_t scales = sums + kBlockColumns + word * kScaleColumns;
    multiply_scaled(T{}, sums, a, b,
                    scaled_instruction_descriptor<T>(kBlockRows, kBlockColumns, byte), scales,
                    scales + kScaleColumnsOfA, add);
  } else {
    multiply(T{}, sums, a, b, instruction_descriptor<T>(kBlockRows, kBlockColumns), add);
  }
}

/// One thread. While the instructions of one loop run, those of the next are issued: it waits for
/// the loop before, whose barrier is the other one.
template <typename T>
__device__ inline void run_loops(ChainMemory& memory, int loops) {
  const std::uint32_t sums = memory.tensor_memory;
  // 18 bits of address, and never a carry out of them: a SM has 228 KiB.
  const std::uint64_t a = kTcgen05Descriptor | shared_address(memory.operands) / 16;
  const std::uint64_t b = a + kDepths * kBytesOfA / 16;
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kStepsPerLoop; ++step) {
      issue<T>(sums, a, b, step, step > 0 || (loop & (kLoopsPerRound - 1)) != 0);
    }
    commit_to(memory.multiplied[loop & 1]);
    wait_for(memory.multiplied[(loop + 1) & 1], (loop + 1) / 2 % 2 ^ 1);
  }
  commit_to(memory.all_multiplied);
}

/// Each warp fills the lanes that it reaches.
template <typename T>
__device__ inline void store_scales(std::uint32_t columns, const std::uint32_t* words) {
#pragma unroll
  for (int column = 0; column < kColumnsOfScales<T>; ++column) {
    store_column(columns + column, words[column * 32 + threadIdx.x % 32]);
  }
  wait_for_stores();
}

#endif  // DERATE_HAS_TCGEN05

/// `operands` is what shared memory is to hold: A, then B; `scales` as scale_words() has them.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads, 1)
    tcgen05(int loops, const uint4* __restrict__ operands, const std::uint32_t* __restrict__ scales,
            float* __restrict__ ends) {
#if defined(DERATE_HAS_TCGEN05)
  ChainMemory& memory = chain_memory();
  const int thread = static_cast<int>(threadIdx.x);
  const int warp = thread / 32;
  for (int i = thread; i < kOperandBytes / static_cast<int>(sizeof(uint4)); i += kBlockThreads) {
    memory.operands[i] = operands[i];
  }
  show_to_tensor_units();
  if (thread == 0) {
    set_up(memory.multiplied[0], 1);
    set_up(memory.multiplied[1], 1);
    set_up(memory.all_multiplied, 1);
    show_barriers();
  }
  if (warp == 0) {
    allocate_tensor_memory<kTensorColumns<T>>(memory.tensor_memory);
    end_allocations();
  }
  fence_before_barrier();
  __syncthreads();
  fence_after_barrier();
  const std::uint32_t columns = memory.tensor_memory;
  const std::uint32_t own_lanes = static_cast<std::uint32_t>(warp * 32) << 16;
  if constexpr (BlockScaled<T>) {
    store_scales<T>(columns + own_lanes + kBlockColumns, scales);
    fence_before_barrier();
    __syncthreads();
    fence_after_barrier();
  }

  if (warp == 0 && is_elected()) run_loops<T>(memory, loops);
  wait_for(memory.all_multiplied, 0);
  fence_after_barrier();

#pragma unroll 1
  for (int column = 0; column < kBlockColumns; column += 16) {
    std::uint32_t words[16];
    load_columns(columns + own_lanes + column, words);
    wait_for_loads(words);
    float* const to =
        ends + (static_cast<std::int64_t>(blockIdx.x) * kBlockColumns + column) * kBlockRows;
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      to[i * kBlockRows + thread] = std::bit_cast<float>(words[i]);
    }
  }
  fence_before_barrier();
  __syncthreads();
  if (warp == 0) free_tensor_memory<kTensorColumns<T>>(columns);
#endif
}

/// Elements of the operands by row (of A; column of B) and depth, and the same times their scales,
/// as they go into products.
template <typename T>
double chain_element(DataPattern pattern, std::uint64_t seed, int row, int depth) {
  return operand<T>(pattern, seed, row * kDepths * T::kDepth + depth);
}
template <typename T>
double chain_factor(DataPattern pattern, std::uint64_t seed, int row, int depth) {
  const std::uint64_t seed_of_scales = seed == kSeedA ? kSeedScalesOfA : kSeedScalesOfB;
  return chain_element<T>(pattern, seed, row, depth) *
         scale_of_step<T>(seed_of_scales, row, kDepths, depth / T::kDepth, depth % T::kDepth);
}

template <typename T>
std::vector<uint4> chain_operands(DataPattern pattern) {
  std::vector<uint4> all(kOperandBytes / sizeof(uint4));
  auto* const bytes = reinterpret_cast<std::uint8_t*>(all.data());
  const auto of = [pattern](std::uint64_t seed) {
    return [=](int row, int depth) { return chain_element<T>(pattern, seed, row, depth); };
  };
  lay_out<T>(kBlockRows, kDepths, bytes, of(kSeedA));
  lay_out<T>(kBlockColumns, kDepths, bytes + kDepths * kBytesOfA, of(kSeedB));
  return all;
}

template <typename T>
class Tcgen05 final : public Instance {
  static constexpr std::int64_t kSumsPerBlock = kBlockRows * kBlockColumns;

 public:
  Tcgen05(const Problem& problem, const Operands& operands, Session& session)
      : blocks_(problem.at("blocks")),
        loops_(checked_loops(problem)),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        operands_(kOperandBytes / sizeof(uint4)),
        scales_(std::max(1, kColumnsOfScales<T> * 32)),
        ends_(blocks_ * kSumsPerBlock) {
    operands_.upload(chain_operands<T>(pattern_), stream_);
    if constexpr (BlockScaled<T>) scales_.upload(scale_words<T>(kDepths), stream_);
    ends_.poison(stream_);
    session.synchronize();
  }

  void launch(int) override {
    cuda::launch(tcgen05<T>, dim3(static_cast<unsigned>(blocks_)), dim3(kBlockThreads),
                 cuda::DynamicShared{kChainBytes}, stream_, static_cast<int>(loops_),
                 operands_.data(), scales_.data(), ends_.data());
  }

  /// All sums of blocks spread from the first to the last.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kSampledBlocks = 6;
    const std::vector<Expected> want = all_expected();
    const std::int64_t samples = std::min(blocks_, kSampledBlocks);
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      const std::int64_t block = spread(sample, samples, blocks_);
      const std::vector<float> got = ends_.to_host(block * kSumsPerBlock, kSumsPerBlock, stream_);
      for (std::int64_t i = 0; i < kSumsPerBlock; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (is_right(got[at], want[at])) continue;
        return wrong(i / kBlockRows, "lane", i % kBlockRows, "block", block, got[at], want[at]);
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr int kAllDepths = kDepths * T::kDepth;

  [[nodiscard]] std::vector<double> factors(std::uint64_t seed, int rows) const {
    std::vector<double> all;
    for (int i = 0; i < rows * kAllDepths; ++i) {
      all.push_back(chain_factor<T>(pattern_, seed, i / kAllDepths, i % kAllDepths));
    }
    return all;
  }

  /// What every block is to hold, in the order in which it stores its sums.
  [[nodiscard]] std::vector<Expected> all_expected() const {
    const std::vector<double> a = factors(kSeedA, kBlockRows);
    const std::vector<double> b = factors(kSeedB, kBlockColumns);
    const std::int64_t steps = loops_in_result(loops_, kLoopsPerRound) * kStepsPerLoop;
    std::vector<Expected> expected;
    for (int i = 0; i < kSumsPerBlock; ++i) {
      const double* const row = &a[static_cast<std::size_t>(i % kBlockRows * kAllDepths)];
      const double* const column = &b[static_cast<std::size_t>(i / kBlockRows * kAllDepths)];
      std::array<Increment, kDepths> increments;
      for (int depth = 0; depth < kAllDepths; ++depth) {
        increments[static_cast<std::size_t>(depth / T::kDepth)].add(row[depth] * column[depth]);
      }
      expected.push_back(accumulated<T>(0, increments, steps));
    }
    return expected;
  }

  static std::int64_t checked_loops(const Problem& problem) {
    const std::int64_t steps = problem.at("steps");
    if (steps <= 0 || steps % kStepsPerLoop != 0) {
      throw DeviceError("this variant has 8 steps per loop, not " + problem.str(), false);
    }
    return steps / kStepsPerLoop;
  }

  std::int64_t blocks_;
  std::int64_t loops_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<uint4> operands_;
  cuda::DeviceBuffer<std::uint32_t> scales_;
  cuda::DeviceBuffer<float> ends_;
};

template <typename T>
constexpr std::int64_t kMultiplyAdds = kBlockRows* kBlockColumns* T::kDepth;  // of a step

template <typename T>
std::vector<Problem> tcgen05_problems(const Device& device) {
  const double loops = tcgen05_multiply_adds_per_unit<T>(device) /
                       static_cast<double>(kMultiplyAdds<T> * kStepsPerLoop);
  return {{{"blocks", static_cast<std::int64_t>(device.compute_units)},
           {"steps", ragged_loops(loops, kLoopsPerRound) * kStepsPerLoop}}};
}

/// fp8 with scales is as fast as without: the quick suite has the latter alone.
template <typename T>
constexpr bool kIsSecond = BlockScaled<T>&& T::kOperands == Precision::fp8;

template <typename T>
std::optional<std::string> tcgen05_reason(const Device& device) {
  std::optional<std::string> reason = tcgen05_chain_unsupported<T>(device);
  return reason ? reason : tcgen05_not_built();
}

template <typename T>
Workload tcgen05_workload() {
  return {
      .name = "mma_chain",
      .variant = BlockScaled<T> ? "tcgen05_scaled" : "tcgen05",
      .provider = "derate",
      .backend = "cuda",
      .precision = T::kOperands,
      .bound = Bound::compute,
      .units = Units::tensor,
      .accumulator = T::kAccumulator,
      .instruction = kTcgen05Instruction<T>,
      .data = {DataPattern::uniform, DataPattern::zeros},
      .problems =
          [](const Device& device) {
            return kIsSecond<T> ? std::vector<Problem>{} : tcgen05_problems<T>(device);
          },
      // A full round and three loops of the next.
      .test_problem =
          [] {
            return Problem{{"blocks", 2}, {"steps", (kLoopsPerRound + 3) * kStepsPerLoop}};
          },
      .work =
          [](const Problem& problem) {
            const double steps = static_cast<double>(problem.at("blocks")) *
                                 static_cast<double>(problem.at("steps"));
            return Work{.flops = 2.0 * static_cast<double>(kMultiplyAdds<T>) * steps, .bytes = 0};
          },
      .size_class = size_class,
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<Tcgen05<T>>(problem, operands, session);
          },
      .more_problems =
          [](const Device& device) {
            return kIsSecond<T> ? tcgen05_problems<T>(device) : std::vector<Problem>{};
          },
      .unsupported = tcgen05_reason<T>,
  };
}

}  // namespace derate::mma_chain
