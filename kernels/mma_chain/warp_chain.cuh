// SPDX-License-Identifier: Apache-2.0
// The chains of mma.sync, plain and with block scales: each warp holds 2 x 4 tiles of 16 x 8 sums,
// as products of two tiles of A and four of B in registers. mma_sync.cu and mma_scaled.cu say which
// formats, and why it is these numbers.
#pragma once

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
#include "mma_chain/fragments.h"
#include "mma_chain/scaled_support.h"
#include "mma_chain/scales.h"
#include "mma_chain/support.h"
#include "mma_chain/work.h"

namespace derate::mma_chain {

constexpr int kSteps = 16;  // of each chain per loop

template <typename T>
constexpr bool kWide = T::kOperands == Precision::f64;
template <typename T>
constexpr int kThreads = kWide<T> ? 512 : 1024;
template <typename T>
constexpr int kWarps = kThreads<T> / kLanes;
constexpr int kTilesOfA = 2;
template <typename T>
constexpr int kTilesOfB = kWide<T> ? 2 : 4;
template <typename T>
constexpr int kChains = kTilesOfA* kTilesOfB<T>;
template <typename T>
constexpr int kLoopsPerRound = T::kOperands == Precision::fp8 || BlockScaled<T> ? 1 : 4;

/// With the scales of its blocks, where it has any.
template <typename T>
constexpr int kHeldOfA = kRegistersOfA<T> + (BlockScaled<T> ? 1 : 0);
template <typename T>
constexpr int kHeldOfB = kRegistersOfB<T> + (BlockScaled<T> ? 1 : 0);

/// `loops_per_round` is an argument: with a 1 that the compiler knows, as for fp8, it would make
/// one loop of two and spill.
template <typename T>
__global__ void __launch_bounds__(kThreads<T>)
    mma_sync(int loops, int loops_per_round, const typename T::Register* __restrict__ tiles_of_a,
             const typename T::Register* __restrict__ tiles_of_b,
             const typename T::Sum* __restrict__ starts, typename T::Sum* __restrict__ ends) {
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const std::int64_t warp =
      static_cast<std::int64_t>(blockIdx.x) * kWarps<T> + static_cast<int>(threadIdx.x) / kLanes;
  typename T::Register a[kTilesOfA][kHeldOfA<T>];
  typename T::Register b[kTilesOfB<T>][kHeldOfB<T>];
#pragma unroll
  for (int i = 0; i < kTilesOfA * kHeldOfA<T>; ++i) {
    a[i / kHeldOfA<T>][i % kHeldOfA<T>] = tiles_of_a[i * kLanes + lane];
  }
#pragma unroll
  for (int i = 0; i < kTilesOfB<T> * kHeldOfB<T>; ++i) {
    b[i / kHeldOfB<T>][i % kHeldOfB<T>] = tiles_of_b[i * kLanes + lane];
  }
  typename T::Sum d[kChains<T>][kTileSums];
#pragma unroll 1
  for (int first = 0; first < loops; first += loops_per_round) {
#pragma unroll
    for (int chain = 0; chain < kChains<T>; ++chain) {
      // Read again each time: eight registers to keep them in would be eight too many.
      const typename T::Sum start =
          *const_cast<const volatile typename T::Sum*>(starts + warp * kChains<T> + chain);
#pragma unroll
      for (int sum = 0; sum < kTileSums; ++sum) d[chain][sum] = start;
    }
    const int last = std::min(first + loops_per_round, loops);
#pragma unroll 1
    for (int loop = first; loop < last; ++loop) {
#pragma unroll
      for (int step_of_loop = 0; step_of_loop < kSteps; ++step_of_loop) {
#pragma unroll
        for (int chain = 0; chain < kChains<T>; ++chain) {
          step(T{}, d[chain], a[chain / kTilesOfB<T>], b[chain % kTilesOfB<T>]);
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < kChains<T> * kTileSums; ++i) {
    ends[(warp * kChains<T> * kTileSums + i) * kLanes + lane] = d[i / kTileSums][i % kTileSums];
  }
}

/// Elements of the tiles by their place: A's tiles lie one above the other, B's side by side.
template <typename T>
double element_of_a(DataPattern pattern, int tile, Place place) {
  const int row = tile * kTileRows + place.row;
  return operand<T>(pattern, kSeedA, row * T::kDepth + place.column);
}
template <typename T>
double element_of_b(DataPattern pattern, int tile, Place place) {
  const int column = tile * kTileColumns + place.column;
  return operand<T>(pattern, kSeedB, column * T::kDepth + place.row);
}

/// The same times their scales, as they go into products.
template <typename T>
double factor_of_a(DataPattern pattern, int tile, Place place) {
  return element_of_a<T>(pattern, tile, place) *
         scale_at<T>(kSeedScalesOfA, tile * kTileRows + place.row, place.column);
}
template <typename T>
double factor_of_b(DataPattern pattern, int tile, Place place) {
  return element_of_b<T>(pattern, tile, place) *
         scale_at<T>(kSeedScalesOfB, tile * kTileColumns + place.column, place.row);
}

template <typename T>
class MmaSync final : public Instance {
  using Sum = typename T::Sum;
  using Register = typename T::Register;
  static constexpr std::int64_t kSumsPerWarp = kChains<T> * kTileSums * kLanes;

 public:
  MmaSync(const Problem& problem, const Operands& operands, Session& session)
      : warps_(problem.at("warps")),
        loops_(checked_loops(problem)),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        a_(kTilesOfA * kHeldOfA<T> * kLanes),
        b_(kTilesOfB<T> * kHeldOfB<T> * kLanes),
        starts_(warps_ * kChains<T>),
        ends_(warps_ * kSumsPerWarp) {
    std::vector<Register> a;
    for (int tile = 0; tile < kTilesOfA; ++tile) {
      const auto at = [&](Place place) { return element_of_a<T>(pattern_, tile, place); };
      append(packed<T>(kRegistersOfA<T>, place_in_a<T>, at), a);
      append(packed_scales<T>(kSeedScalesOfA, tile * kTileRows, row_of_scales_of_a), a);
    }
    std::vector<Register> b;
    for (int tile = 0; tile < kTilesOfB<T>; ++tile) {
      const auto at = [&](Place place) { return element_of_b<T>(pattern_, tile, place); };
      append(packed<T>(kRegistersOfB<T>, place_in_b<T>, at), b);
      append(packed_scales<T>(kSeedScalesOfB, tile * kTileColumns, column_of_scales_of_b), b);
    }
    std::vector<Sum> starts;
    for (std::int64_t i = 0; i < starts_.count(); ++i) starts.push_back(start<T>(i));
    a_.upload(a, stream_);
    b_.upload(b, stream_);
    starts_.upload(starts, stream_);
    ends_.poison(stream_);
    session.synchronize();
  }

  void launch(int) override {
    cuda::launch(mma_sync<T>, dim3(static_cast<unsigned>(warps_ / kWarps<T>)), dim3(kThreads<T>),
                 stream_, static_cast<int>(loops_), kLoopsPerRound<T>, a_.data(), b_.data(),
                 starts_.data(), ends_.data());
  }

  /// All sums of warps spread from the first to the last.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kSampledWarps = 12;
    const std::vector<Increment> increments = all_increments();
    const std::int64_t steps = loops_in_result(loops_, kLoopsPerRound<T>) * kSteps;
    const std::int64_t samples = std::min(warps_, kSampledWarps);
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      const std::int64_t warp = spread(sample, samples, warps_);
      const std::vector<Sum> got = ends_.to_host(warp * kSumsPerWarp, kSumsPerWarp, stream_);
      for (std::int64_t i = 0; i < kSumsPerWarp; ++i) {
        const std::int64_t chain = warp * kChains<T> + i / (kTileSums * kLanes);
        const auto at = static_cast<std::size_t>(i);
        const Expected want =
            accumulated<T>(static_cast<double>(start<T>(chain)), std::array{increments[at]}, steps);
        if (is_right(got[at], want)) continue;
        return wrong(i / kLanes, "lane", i % kLanes, "warp", warp, got[at], want);
      }
    }
    return std::nullopt;
  }

 private:
  /// What a step adds to each sum of a warp, in the order in which it stores them.
  [[nodiscard]] std::vector<Increment> all_increments() const {
    std::vector<Increment> increments;
    for (int i = 0; i < kSumsPerWarp; ++i) {
      const int chain = i / (kTileSums * kLanes);
      const Place place = place_in_sums(i % kLanes, i / kLanes % kTileSums);
      Increment& increment = increments.emplace_back();
      for (int depth = 0; depth < T::kDepth; ++depth) {
        increment.add(factor_of_a<T>(pattern_, chain / kTilesOfB<T>, {place.row, depth}) *
                      factor_of_b<T>(pattern_, chain % kTilesOfB<T>, {depth, place.column}));
      }
    }
    return increments;
  }

  static void append(const std::vector<Register>& some, std::vector<Register>& all) {
    all.insert(all.end(), some.begin(), some.end());
  }

  static std::int64_t checked_loops(const Problem& problem) {
    const std::int64_t steps = problem.at("steps");
    if (problem.at("chains") != kChains<T> || steps % kSteps != 0) {
      throw DeviceError("this variant holds " + std::to_string(kChains<T>) +
                            " chains per warp of " + "16 steps per loop, not " + problem.str(),
                        false);
    }
    return steps / kSteps;
  }

  std::int64_t warps_;
  std::int64_t loops_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<Register> a_;
  cuda::DeviceBuffer<Register> b_;
  cuda::DeviceBuffer<Sum> starts_;
  cuda::DeviceBuffer<Sum> ends_;
};

template <typename T>
constexpr const char* kInstruction = BlockScaled<T> ? kScaledInstruction : "mma.sync";

template <typename T>
constexpr std::int64_t kMultiplyAdds = kTileRows* kTileColumns* T::kDepth;  // of a step

template <typename T>
std::vector<Problem> problems(const Device& device) {
  const double of_launch = BlockScaled<T> ? scaled_multiply_adds_per_unit(device, T::kOperands)
                                          : multiply_adds_per_unit(device, T::kOperands);
  const double loops =
      of_launch / static_cast<double>(kMultiplyAdds<T> * kSteps * kChains<T> * kWarps<T>);
  return {{{"warps", static_cast<std::int64_t>(device.compute_units) * kWarps<T>},
           {"chains", kChains<T>},
           {"steps", ragged_loops(loops, kLoopsPerRound<T>) * kSteps}}};
}

/// Where wgmma or tcgen05 makes the peak, the quick suite leaves this one out.
template <typename T>
bool is_second(const Device& device) {
  const std::optional<Rate> rate = fma_rate(device.architecture, T::kOperands, Units::tensor);
  return rate && (rate->instruction == "wgmma" || rate->instruction == "tcgen05");
}

template <typename T>
std::optional<std::string> why_unsupported(const Device& device) {
  if constexpr (BlockScaled<T>) {
    std::optional<std::string> reason = mma_scaled_unsupported(device);
#if !defined(DERATE_WITH_SM120F)
    if (!reason) reason = "this build has no code for sm_120f: CMAKE_CUDA_ARCHITECTURES lacks 120";
#endif
    return reason;
  } else {
    return mma_sync_unsupported<T>(device);
  }
}

template <typename T>
Workload workload() {
  return {
      .name = "mma_chain",
      .variant = BlockScaled<T> ? "mma_scaled" : "mma_sync",
      .provider = "derate",
      .backend = "cuda",
      .precision = T::kOperands,
      .bound = Bound::compute,
      .units = Units::tensor,
      .accumulator = T::kAccumulator,
      .instruction = kInstruction<T>,
      .data = {DataPattern::uniform, DataPattern::zeros},
      .problems =
          [](const Device& device) {
            return is_second<T>(device) ? std::vector<Problem>{} : problems<T>(device);
          },
      // A full round and one loop of the next, in two blocks.
      .test_problem =
          [] {
            return Problem{{"warps", 2 * kWarps<T>},
                           {"chains", kChains<T>},
                           {"steps", (kLoopsPerRound<T> + 1) * kSteps}};
          },
      .work =
          [](const Problem& problem) {
            const double steps = static_cast<double>(problem.at("warps")) *
                                 static_cast<double>(problem.at("chains")) *
                                 static_cast<double>(problem.at("steps"));
            return Work{.flops = 2.0 * static_cast<double>(kMultiplyAdds<T>) * steps, .bytes = 0};
          },
      .size_class = size_class,
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<MmaSync<T>>(problem, operands, session);
          },
      .more_problems =
          [](const Device& device) {
            return is_second<T>(device) ? problems<T>(device) : std::vector<Problem>{};
          },
      .unsupported = why_unsupported<T>,
  };
}

}  // namespace derate::mma_chain
