// SPDX-License-Identifier: Apache-2.0
// mma_chain, wgmma: Hopper's asynchronous tensor instructions, which alone reach the peak of its
// tensor units. A block of two warpgroups per SM holds 2 x 64 x 256 sums in registers; A (one per
// warpgroup) and B (shared) lie in shared memory, four steps deep, as in the inner loop of a matrix
// product. A loop holds eight multiply-adds, which one group commits; while a warpgroup waits for
// them, the other's keep the tensor units busy.
//
// Bound by the tensor units: m64n256k16 of f16 takes an SM 128 clocks and reads (64 + 256) rows of
// 32 bytes, 80 bytes per clock of the 128 that shared memory delivers. Narrower tiles would need 96
// and more.
//
// A predicate known only at run time lets the first multiply-add of a round replace the sums
// instead of adding to them, at no cost (work.h says why).
#include <cuda_runtime.h>

#include <algorithm>
#include <array>
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
#include "mma_chain/formats.h"
#include "mma_chain/fragments.h"
#include "mma_chain/support.h"
#include "mma_chain/wgmma_instructions.cuh"
#include "mma_chain/work.h"

namespace derate::mma_chain {
namespace {

constexpr int kGroups = 2;  // warpgroups per block
constexpr int kThreads = kGroups * kGroupThreads;
constexpr int kStepsPerLoop = 8;
constexpr int kDepths = 4;                           // steps until the operands repeat
constexpr int kBytesOfA = kDepths * kGroupBytesOfA;  // of one warpgroup
constexpr int kBytes = kGroups * kBytesOfA + kDepths * kGroupBytesOfB;  // 48 KiB

template <typename T>
constexpr int kLoopsPerRound = T::kOperands == Precision::fp8 ? 1 : 64;

/// `operands` is what shared memory is to hold: A of either warpgroup, then B.
template <typename T>
__global__ void __launch_bounds__(kThreads, 1)
    wgmma(int loops, const uint4* __restrict__ operands, typename T::Sum* __restrict__ ends) {
#if defined(DERATE_HAS_WGMMA)
  alignas(128) __shared__ uint4 shared[kBytes / sizeof(uint4)];
  const int thread = static_cast<int>(threadIdx.x);
  for (int i = thread; i < kBytes / static_cast<int>(sizeof(uint4)); i += kThreads) {
    shared[i] = operands[i];
  }
  fence_for_tensor_units();
  __syncthreads();

  const int group = thread / kGroupThreads;
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  // 18 bits of address, and never a carry out of them: the operands take 48 KiB.
  const std::uint64_t a = kDescriptor | (address + group * kBytesOfA) / 16;
  const std::uint64_t b = kDescriptor | (address + kGroups * kBytesOfA) / 16;
  typename T::Sum d[kGroupSums] = {};
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < kStepsPerLoop; ++step) {
      const int depth = step % kDepths;
      wgmma(T{}, d, a + depth * kGroupBytesOfA / 16, b + depth * kGroupBytesOfB / 16,
            step > 0 || (loop & (kLoopsPerRound<T> - 1)) != 0);
    }
    wgmma_commit();
    wgmma_wait();
  }

  const std::int64_t warpgroup = static_cast<std::int64_t>(blockIdx.x) * kGroups + group;
#pragma unroll
  for (int sum = 0; sum < kGroupSums; ++sum) {
    ends[(warpgroup * kGroupSums + sum) * kGroupThreads + thread % kGroupThreads] = d[sum];
  }
#endif
}

/// Elements of the operands by row (of A; column of B) and depth. A's tiles lie one above the
/// other.
template <typename T>
double element_of_a(DataPattern pattern, int group, int row, int depth) {
  const int row_of_all = group * kGroupRows + row;
  return operand<T>(pattern, kSeedA, row_of_all * kDepths * T::kDepth + depth);
}
template <typename T>
double element_of_b(DataPattern pattern, int column, int depth) {
  return operand<T>(pattern, kSeedB, column * kDepths * T::kDepth + depth);
}

template <typename T>
std::vector<uint4> laid_out(DataPattern pattern) {
  std::vector<uint4> all(kBytes / sizeof(uint4));
  auto* const bytes = reinterpret_cast<std::uint8_t*>(all.data());
  for (int group = 0; group < kGroups; ++group) {
    lay_out<T>(kGroupRows, kDepths, bytes + group * kBytesOfA,
               [&](int row, int depth) { return element_of_a<T>(pattern, group, row, depth); });
  }
  lay_out<T>(kGroupColumns, kDepths, bytes + kGroups * kBytesOfA,
             [&](int column, int depth) { return element_of_b<T>(pattern, column, depth); });
  return all;
}

template <typename T>
class Wgmma final : public Instance {
  using Sum = typename T::Sum;
  static constexpr std::int64_t kSumsPerGroup = kGroupSums * kGroupThreads;

 public:
  Wgmma(const Problem& problem, const Operands& operands, Session& session)
      : warpgroups_(problem.at("warpgroups")),
        loops_(checked_loops(problem)),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        operands_(kBytes / sizeof(uint4)),
        ends_(warpgroups_ * kSumsPerGroup) {
    operands_.upload(laid_out<T>(pattern_), stream_);
    ends_.poison(stream_);
    session.synchronize();
  }

  void launch(int) override {
    cuda::launch(wgmma<T>, dim3(static_cast<unsigned>(warpgroups_ / kGroups)), dim3(kThreads),
                 stream_, static_cast<int>(loops_), operands_.data(), ends_.data());
  }

  /// All sums of blocks spread from the first to the last.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kSampledBlocks = 6;
    const std::int64_t blocks = warpgroups_ / kGroups;
    const std::int64_t samples = std::min(blocks, kSampledBlocks);
    for (std::int64_t group = 0; group < kGroups; ++group) {
      const std::vector<Expected> want = all_expected(static_cast<int>(group));
      for (std::int64_t sample = 0; sample < samples; ++sample) {
        const std::int64_t warpgroup = spread(sample, samples, blocks) * kGroups + group;
        const std::vector<Sum> got =
            ends_.to_host(warpgroup * kSumsPerGroup, kSumsPerGroup, stream_);
        for (std::int64_t i = 0; i < kSumsPerGroup; ++i) {
          const auto at = static_cast<std::size_t>(i);
          if (is_right(got[at], want[at])) continue;
          return wrong(i / kGroupThreads, "thread", i % kGroupThreads, "warpgroup", warpgroup,
                       got[at], want[at]);
        }
      }
    }
    return std::nullopt;
  }

 private:
  /// What every first or second warpgroup is to hold, in the order in which it stores its sums.
  [[nodiscard]] std::vector<Expected> all_expected(int group) const {
    constexpr int kAllDepths = kDepths * T::kDepth;
    std::vector<double> a;
    for (int i = 0; i < kGroupRows * kAllDepths; ++i) {
      a.push_back(element_of_a<T>(pattern_, group, i / kAllDepths, i % kAllDepths));
    }
    std::vector<double> b;
    for (int i = 0; i < kGroupColumns * kAllDepths; ++i) {
      b.push_back(element_of_b<T>(pattern_, i / kAllDepths, i % kAllDepths));
    }
    const std::int64_t steps = loops_in_result(loops_, kLoopsPerRound<T>) * kStepsPerLoop;
    std::vector<Expected> expected;
    for (int i = 0; i < kSumsPerGroup; ++i) {
      const Place place = place_in_group_sums(i % kGroupThreads, i / kGroupThreads);
      std::array<Increment, kDepths> increments;
      for (int depth = 0; depth < kAllDepths; ++depth) {
        increments[static_cast<std::size_t>(depth / T::kDepth)].add(
            a[static_cast<std::size_t>(place.row * kAllDepths + depth)] *
            b[static_cast<std::size_t>(place.column * kAllDepths + depth)]);
      }
      expected.push_back(accumulated<T>(0, increments, steps));
    }
    return expected;
  }

  static std::int64_t checked_loops(const Problem& problem) {
    const std::int64_t steps = problem.at("steps");
    if (problem.at("warpgroups") % kGroups != 0 || steps % kStepsPerLoop != 0) {
      throw DeviceError(
          "this variant has two warpgroups per block and 8 steps per loop, not " + problem.str(),
          false);
    }
    return steps / kStepsPerLoop;
  }

  std::int64_t warpgroups_;
  std::int64_t loops_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<uint4> operands_;
  cuda::DeviceBuffer<Sum> ends_;
};

template <typename T>
constexpr std::int64_t kMultiplyAdds = kGroupRows* kGroupColumns* T::kDepth;  // of a step

template <typename T>
std::vector<Problem> problems(const Device& device) {
  const double loops = multiply_adds_per_unit(device, T::kOperands) /
                       static_cast<double>(kMultiplyAdds<T> * kStepsPerLoop * kGroups);
  return {{{"warpgroups", static_cast<std::int64_t>(device.compute_units) * kGroups},
           {"steps", ragged_loops(loops, kLoopsPerRound<T>) * kStepsPerLoop}}};
}

std::optional<std::string> unsupported(const Device& device) {
  std::optional<std::string> reason = wgmma_unsupported(device);
#if !defined(DERATE_WITH_SM90A)
  // Code for sm_90 runs on the same chips, and has nothing in this kernel.
  if (!reason) reason = "this build has no code for sm_90a: CMAKE_CUDA_ARCHITECTURES lacks it";
#endif
  return reason;
}

template <typename T>
Workload workload() {
  return {
      .name = "mma_chain",
      .variant = "wgmma",
      .provider = "derate",
      .backend = "cuda",
      .precision = T::kOperands,
      .bound = Bound::compute,
      .units = Units::tensor,
      .accumulator = T::kAccumulator,
      .instruction = "wgmma",
      .data = {DataPattern::uniform, DataPattern::zeros},
      .problems = problems<T>,
      // A full round and three loops of the next.
      .test_problem =
          [] {
            return Problem{{"warpgroups", 2 * kGroups},
                           {"steps", (kLoopsPerRound<T> + 3) * kStepsPerLoop}};
          },
      .work =
          [](const Problem& problem) {
            const double steps = static_cast<double>(problem.at("warpgroups")) *
                                 static_cast<double>(problem.at("steps"));
            return Work{.flops = 2.0 * static_cast<double>(kMultiplyAdds<T>) * steps, .bytes = 0};
          },
      .size_class = size_class,
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<Wgmma<T>>(problem, operands, session);
          },
      .unsupported = unsupported,
  };
}

const Registration f16_registration{workload<F16>()};
const Registration bf16_registration{workload<Bf16>()};
const Registration tf32_registration{workload<Tf32>()};
const Registration fp8_registration{workload<E4m3>()};
const Registration i8_registration{workload<S8>()};

}  // namespace
}  // namespace derate::mma_chain
