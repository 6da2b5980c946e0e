// SPDX-License-Identifier: Apache-2.0
// fma_chain, registers and packed: eight independent chains per thread, 64 steps of each unrolled,
// so that the loop holds 512 multiply-adds and three or four instructions that steer it. One kernel
// for every instruction in arithmetic.h; "packed" is f32 in pairs.
//
// Bound by the issue of multiply-adds: the loop's own instructions leave 99.2 % (sm_80 to 89) or
// 99.4 % of the slots; FFMA2, with moves in its loop, 98.7 %, but it needs only every second one. A
// multiply-add takes 4 clocks (f64: up to 8), and the 8 or more warps of a scheduler with 8 chains
// each hide that many times over. x·a + b reads one fresh register per instruction; where every
// slot counts, a and b come from the operand cache, so that register banks do not conflict. Next to
// 128 per loop, 512 gain 2 %; 1024 would not fit the instruction caches next to the schedulers.
// sm_120's compiler puts four empty instructions behind each f64 one: 20 slots per SM of the 64
// that its f64 unit takes anyway.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/capability.h"
#include "derate/cuda/buffer.h"
#include "derate/cuda/launch.h"
#include "derate/cuda/stream_session.h"
#include "derate/error.h"
#include "derate/workload.h"
#include "fma_chain/arithmetic.h"
#include "fma_chain/work.h"
#include "hardware/peak.h"

namespace derate::fma_chain {
namespace {

constexpr int kThreads = 256;
constexpr int kChains = 8;
constexpr int kUnrolledSteps = 64;

// Operands and start values are read from memory, so that nothing is known when this is compiled;
// every end value is stored, so that nothing is unused. As arguments of the kernel the operands
// would cost up to five instructions in every loop (sm_75 to 89), which fetch them again.
template <typename Arithmetic, typename Value = typename Arithmetic::Value>
__global__ void __launch_bounds__(kThreads)
    registers(std::int64_t threads, std::int64_t steps, const Value* __restrict__ operands,
              const Value* __restrict__ starts, Value* __restrict__ ends) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (thread >= threads) return;
  const Value multiplier = operands[0];
  const Value addend = operands[1];
  Value x[kChains];
#pragma unroll
  for (int chain = 0; chain < kChains; ++chain) x[chain] = starts[thread * kChains + chain];
  const auto loops = static_cast<int>(steps / kUnrolledSteps);
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kUnrolledSteps; ++step) {
#pragma unroll
      for (int chain = 0; chain < kChains; ++chain) {
        x[chain] = Arithmetic::multiply_add(x[chain], multiplier, addend);
      }
    }
  }
  const auto rest = static_cast<int>(steps % kUnrolledSteps);
#pragma unroll 1
  for (int step = 0; step < rest; ++step) {
#pragma unroll
    for (int chain = 0; chain < kChains; ++chain) {
      x[chain] = Arithmetic::multiply_add(x[chain], multiplier, addend);
    }
  }
#pragma unroll
  for (int chain = 0; chain < kChains; ++chain) ends[thread * kChains + chain] = x[chain];
}

/// Every bit: hexadecimal, for packed values are several numbers.
template <typename Value>
std::string text(Value value) {
  std::ostringstream text;
  text << std::hexfloat << std::hex << std::showbase << value;
  return text.str();
}

/// A thread holds as many lanes as its instruction; the last one may hold more than are asked.
template <typename Arithmetic>
class Registers final : public Instance {
 public:
  Registers(const Problem& problem, const Operands& operands, Session& session)
      : threads_((problem.at("lanes") + Arithmetic::kLanes - 1) / Arithmetic::kLanes),
        steps_(problem.at("steps")),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        starts_(checked(problem) * threads_),
        ends_(kChains * threads_) {
    std::vector<Value> starts(static_cast<std::size_t>(kChains * threads_));
    for (std::size_t chain = 0; chain < starts.size(); ++chain) {
      starts[chain] = Arithmetic::start(pattern_, static_cast<std::int64_t>(chain));
    }
    operands_.upload({Arithmetic::kMultiplier, Arithmetic::kAddend}, stream_);
    starts_.upload(starts, stream_);
    ends_.poison(stream_);
    session.synchronize();
  }

  void launch(int) override {
    const std::int64_t blocks = (threads_ + kThreads - 1) / kThreads;
    cuda::launch(registers<Arithmetic>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads),
                 stream_, threads_, steps_, operands_.data(), starts_.data(), ends_.data());
  }

  /// All chains of threads spread from the first to the last, to the last bit.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kSampledThreads = 12;
    const std::int64_t sampled = std::min(threads_, kSampledThreads);
    for (std::int64_t sample = 0; sample < sampled; ++sample) {
      const std::int64_t thread = sampled == 1 ? 0 : sample * (threads_ - 1) / (sampled - 1);
      const std::vector<Value> got = ends_.to_host(thread * kChains, kChains, stream_);
      for (int chain = 0; chain < kChains; ++chain) {
        const Value start = Arithmetic::start(pattern_, thread * kChains + chain);
        const Value want = Arithmetic::expected(start, steps_);
        const Value found = got[static_cast<std::size_t>(chain)];
        if (found == want) continue;
        return "chain " + std::to_string(chain) + " of thread " + std::to_string(thread) + " is " +
               text(found) + ", not " + text(want);
      }
    }
    return std::nullopt;
  }

 private:
  using Value = typename Arithmetic::Value;

  static int checked(const Problem& problem) {
    if (problem.at("chains") != kChains) {
      throw DeviceError("the registers variant has 8 chains per lane", false);
    }
    return kChains;
  }

  std::int64_t threads_;
  std::int64_t steps_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<Value> operands_{2};  // multiplier and addend
  cuda::DeviceBuffer<Value> starts_;
  cuda::DeviceBuffer<Value> ends_;
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
/// timer to 0.1 %, and far beyond the cost of a launch. An odd number of loops and one step more:
/// after an even number of steps some values are back at their start, and a kernel that made none,
/// or lost one in every loop, would be right.
template <typename Arithmetic>
std::vector<Problem> problems(const Device& device) {
  constexpr double kClocks = 24e6;
  const std::int64_t lanes_per_sm = threads_per_sm(device.architecture) * Arithmetic::kLanes;
  const std::optional<Rate> rate = fma_rate(device.architecture, Arithmetic::kPrecision);
  const double per_clock = rate ? rate->fma_per_unit_and_clock : 2;  // the slowest known
  const double steps = kClocks * per_clock / static_cast<double>(lanes_per_sm * kChains);
  const auto lanes = static_cast<std::int64_t>(device.compute_units) * lanes_per_sm;
  const auto loops = static_cast<std::int64_t>(steps / kUnrolledSteps) | 1;
  return {{{"lanes", lanes}, {"chains", kChains}, {"steps", loops * kUnrolledSteps + 1}}};
}

template <typename Arithmetic>
Workload workload(std::string variant) {
  return {
      .name = "fma_chain",
      .variant = std::move(variant),
      .provider = "derate",
      .backend = "cuda",
      .precision = Arithmetic::kPrecision,
      .bound = Bound::compute,
      // Products of bytes add up in 32 bits.
      .accumulator =
          Arithmetic::kPrecision == Precision::i8 ? Precision::i32 : Arithmetic::kPrecision,
      .instruction = Arithmetic::kInstruction,
      .problems = problems<Arithmetic>,
      .test_problem =
          [] {
            return Problem{{"lanes", 515}, {"chains", kChains}, {"steps", 201}};
          },
      .work = work,
      .size_class = size_class,
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<Registers<Arithmetic>>(problem, operands, session);
          },
      .unsupported = [](const Device& device) -> std::optional<std::string> {
        if (Arithmetic::runs_on(cuda::compute_capability(device.architecture))) return std::nullopt;
        return std::string(Arithmetic::kInstruction) +
               " is not an instruction of this GPU: " + Arithmetic::kWhere;
      },
  };
}

const Registration ffma{workload<Fma<float>>("registers")};
const Registration dfma{workload<Fma<double>>("registers")};
const Registration hfma2{workload<Hfma2>("registers")};
const Registration hfma2_bf16{workload<Hfma2Bf16>("registers")};
const Registration imad{workload<Imad>("registers")};
const Registration dp4a{workload<Dp4a>("registers")};
const Registration ffma2{workload<Ffma2>("packed")};

}  // namespace
}  // namespace derate::fma_chain
