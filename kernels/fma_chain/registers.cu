// SPDX-License-Identifier: Apache-2.0
// fma_chain, registers: eight independent chains per thread, 64 steps of each unrolled, so that the
// loop holds 512 fused multiply-adds and three to six instructions that steer it.
//
// Bound by the issue of fused multiply-adds: the loop's own instructions leave 98.8 % (sm_80 to 89)
// to 99.4 % (sm_90 and later) of the slots. A fused multiply-add takes 4 clocks (f64: up to 8), and
// the 8 or more warps of a scheduler with 8 chains each hide that many times over. x·a + b reads
// one fresh register per instruction; a and b stay in the operand cache, in constant memory or in
// uniform registers, so that register banks never conflict. Next to 128 per loop, 512 gain 2 %;
// 1024 would not fit the instruction caches next to the schedulers. sm_120's compiler puts four
// empty instructions behind each f64 one: 20 slots per SM of the 64 that its f64 unit takes anyway.
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "cuda/buffer.h"
#include "cuda/launch.h"
#include "cuda/stream_session.h"
#include "derate/error.h"
#include "derate/peak.h"
#include "derate/workload.h"
#include "fma_chain/work.h"

namespace derate::fma_chain {
namespace {

constexpr int kThreads = 256;
constexpr int kChains = 8;
constexpr int kUnrolledSteps = 64;

// Multiplier and addend are arguments and every start value is read from memory, so that nothing
// is known when this is compiled; every end value is stored, so that nothing is unused.
template <typename T>
__global__ void __launch_bounds__(kThreads)
    registers(std::int64_t lanes, std::int64_t steps, T multiplier, T addend,
              const T* __restrict__ starts, T* __restrict__ ends) {
  const std::int64_t lane = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (lane >= lanes) return;
  T x[kChains];
#pragma unroll
  for (int chain = 0; chain < kChains; ++chain) x[chain] = starts[lane * kChains + chain];
  const auto loops = static_cast<int>(steps / kUnrolledSteps);
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kUnrolledSteps; ++step) {
#pragma unroll
      for (int chain = 0; chain < kChains; ++chain) {
        x[chain] = std::fma(x[chain], multiplier, addend);
      }
    }
  }
  const auto rest = static_cast<int>(steps % kUnrolledSteps);
#pragma unroll 1
  for (int step = 0; step < rest; ++step) {
#pragma unroll
    for (int chain = 0; chain < kChains; ++chain) {
      x[chain] = std::fma(x[chain], multiplier, addend);
    }
  }
#pragma unroll
  for (int chain = 0; chain < kChains; ++chain) ends[lane * kChains + chain] = x[chain];
}

template <typename T>
class Registers final : public Instance {
 public:
  Registers(const Problem& problem, const Operands& operands, Session& session)
      : lanes_(problem.at("lanes")),
        steps_(problem.at("steps")),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        starts_(checked(problem) * lanes_),
        ends_(kChains * lanes_) {
    starts_.fill(pattern_, kSeed, stream_);  // element lane * chains + chain: work.h's start()
    ends_.poison(stream_);
    session.synchronize();
  }

  void launch(int) override {
    const std::int64_t blocks = (lanes_ + kThreads - 1) / kThreads;
    cuda::launch(registers<T>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), stream_, lanes_,
                 steps_, static_cast<T>(kMultiplier), static_cast<T>(kAddend), starts_.data(),
                 ends_.data());
  }

  /// All chains of lanes spread from the first to the last, to the last bit.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kSampledLanes = 12;
    const std::int64_t sampled = std::min(lanes_, kSampledLanes);
    for (std::int64_t sample = 0; sample < sampled; ++sample) {
      const std::int64_t lane = sampled == 1 ? 0 : sample * (lanes_ - 1) / (sampled - 1);
      const std::vector<T> got = ends_.to_host(lane * kChains, kChains, stream_);
      for (int chain = 0; chain < kChains; ++chain) {
        const T want = expected<T>(pattern_, lane, kChains, chain, steps_);
        const T found = got[static_cast<std::size_t>(chain)];
        if (found == want) continue;
        return "chain " + std::to_string(chain) + " of lane " + std::to_string(lane) + " is " +
               std::to_string(found) + ", not " + std::to_string(want);
      }
    }
    return std::nullopt;
  }

 private:
  static int checked(const Problem& problem) {
    if (problem.at("chains") != kChains) {
      throw DeviceError("the registers variant has 8 chains per lane", false);
    }
    return kChains;
  }

  std::int64_t lanes_;
  std::int64_t steps_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<T> starts_;
  cuda::DeviceBuffer<T> ends_;
};

/// Threads per SM that make whole waves: as many as an SM holds at once (CUDA C++ Programming
/// Guide, compute capabilities). With more, the last ones run alone; with fewer, nothing guarantees
/// that every SM gets the same share.
std::int64_t threads_per_sm(const std::string& architecture) {
  if (architecture == "sm_75") return 1024;
  for (const char* known : {"sm_86", "sm_87", "sm_89", "sm_120", "sm_121"}) {
    if (architecture == known) return 1536;
  }
  for (const char* known : {"sm_80", "sm_90", "sm_100", "sm_103"}) {
    if (architecture == known) return 2048;
  }
  return 6144;  // the least common multiple: whole waves, several of them, on any of the above
}

/// One launch of about 12 ms at 2 GHz: long enough for its clock to be read from the device's
/// timer to 0.1 %, and far beyond the cost of a launch.
template <typename T>
std::vector<Problem> problems(const Device& device) {
  constexpr double kClocks = 24e6;
  const std::int64_t threads = threads_per_sm(device.architecture);
  const std::optional<Rate> rate = fma_rate(device.architecture, kPrecisionOf<T>);
  const double per_clock = rate ? rate->fma_per_unit_and_clock : 2;  // the slowest known
  const double steps = kClocks * per_clock / static_cast<double>(threads * kChains);
  const auto lanes = static_cast<std::int64_t>(device.compute_units) * threads;
  const auto loops = static_cast<std::int64_t>(steps / kUnrolledSteps) + 1;
  return {{{"lanes", lanes}, {"chains", kChains}, {"steps", loops * kUnrolledSteps}}};
}

template <typename T>
Workload workload(Precision precision) {
  return {
      .name = "fma_chain",
      .variant = "registers",
      .provider = "derate",
      .backend = "cuda",
      .precision = precision,
      .bound = Bound::compute,
      .instruction = std::is_same_v<T, double> ? "DFMA" : "FFMA",
      .problems = problems<T>,
      .test_problem =
          [] {
            return Problem{{"lanes", 515}, {"chains", kChains}, {"steps", 200}};
          },
      .work = work,
      .size_class = size_class,
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<Registers<T>>(problem, operands, session);
          },
  };
}

const Registration f32_registration{workload<float>(Precision::f32)};
const Registration f64_registration{workload<double>(Precision::f64)};

}  // namespace
}  // namespace derate::fma_chain
