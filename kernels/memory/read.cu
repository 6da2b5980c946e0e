// SPDX-License-Identifier: Apache-2.0
// memory_read on a GPU: one block of 1024 threads per SM reads its working set over and over, each
// thread four to eight vectors of 128 bits at a time, and sums the words. Bound by the level that
// the working set lies in: the SM's load unit takes 128 bytes a clock, from L1 or shared memory,
// which is a quarter of a warp's load, so that three of four issue slots and more are left for the
// sums. 64 KiB or more in flight per SM are twice what the device memory of an H200 needs to be
// busy.
#include <cuda_runtime.h>

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
#include "memory/gpu_levels.h"
#include "memory/loads.cuh"
#include "memory/work.h"

namespace derate::memory {
namespace {

constexpr int kThreads = 1024;
constexpr int kInFlight = 8;
constexpr int kVectorBytes = 16;

/// Whether every SM has a working set of its own.
constexpr bool is_of_an_sm(Level level) { return level == Level::l1 || level == Level::shared; }

/// `vectors`, a power of two, is the length of a working set; threads go through it side by side,
/// `loads` / 8 times eight vectors each, and start over at its end.
template <Level kLevel>
__global__ void __launch_bounds__(kThreads)
    read(std::int64_t loads, unsigned vectors, const uint4* __restrict__ data,
         std::uint32_t* __restrict__ sums) {
  const unsigned thread = blockIdx.x * kThreads + threadIdx.x;
  const unsigned step = is_of_an_sm(kLevel) ? kThreads : gridDim.x * kThreads;
  unsigned at = is_of_an_sm(kLevel) ? threadIdx.x : thread;
  if (is_of_an_sm(kLevel)) data += static_cast<std::int64_t>(blockIdx.x) * vectors;
  std::uint32_t shared_address = 0;
  if constexpr (kLevel == Level::shared) {
    __shared__ uint4 copy[kSharedBytes / kVectorBytes];
    for (unsigned i = threadIdx.x; i < vectors; i += kThreads) copy[i] = data[i];
    shared_address = static_cast<std::uint32_t>(__cvta_generic_to_shared(copy));
    __syncthreads();
  }
  std::uint32_t sum = 0;
#pragma unroll 1
  for (std::int64_t i = 0; i < loads; i += kInFlight) {
    uint4 x[kInFlight];
#pragma unroll
    for (int v = 0; v < kInFlight; ++v) {
      const unsigned place = (at + v * step) & (vectors - 1);
      if constexpr (kLevel == Level::shared) {
        x[v] = load_shared(shared_address + place * kVectorBytes);
      } else {
        x[v] = kLevel == Level::l1 ? load_l1(data + place) : load_l2(data + place);
      }
    }
#pragma unroll
    for (int v = 0; v < kInFlight; ++v) sum += x[v].x + x[v].y + x[v].z + x[v].w;
    at += kInFlight * step;
  }
  sums[thread] = sum;
}

template <Level kLevel>
class Read final : public Instance {
 public:
  Read(const Problem& problem, const Operands& operands, Session& session)
      : bytes_(problem.at("bytes")),
        sms_(problem.at("sms")),
        loads_(checked(problem)),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        data_(bytes_ / 4 * (is_of_an_sm(kLevel) ? sms_ : 1)),
        sums_(sms_ * kThreads) {
    data_.fill(pattern_, kSeedA, stream_);
    sums_.poison(stream_);
    session.synchronize();
  }

  void launch(int) override {
    cuda::launch(read<kLevel>, dim3(static_cast<unsigned>(sms_)), dim3(kThreads), stream_, loads_,
                 static_cast<unsigned>(bytes_ / kVectorBytes),
                 reinterpret_cast<const uint4*>(data_.data()), sums_.data());
  }

  /// The sums of 16 threads spread from the first to the last.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kSampled = 16;
    for (std::int64_t sample = 0; sample < kSampled; ++sample) {
      const std::int64_t thread = sample * (sms_ * kThreads - 1) / (kSampled - 1);
      const std::uint32_t got = sums_.to_host(thread, 1, stream_).front();
      const std::uint32_t want = expected(thread);
      if (got == want) continue;
      return "the sum of thread " + std::to_string(thread) + " is " + std::to_string(got) +
             ", not " + std::to_string(want);
    }
    return std::nullopt;
  }

 private:
  static std::int64_t checked(const Problem& problem) {
    const std::int64_t bytes = problem.at("bytes");
    const bool whole =
        bytes >= kVectorBytes && (bytes & (bytes - 1)) == 0 && problem.at("loads") % kInFlight == 0;
    if (whole && (kLevel != Level::shared || bytes <= kSharedBytes)) return problem.at("loads");
    throw DeviceError("no such working set: " + problem.str(), false);
  }

  [[nodiscard]] std::uint32_t expected(std::int64_t thread) const {
    const std::int64_t vectors = bytes_ / kVectorBytes;
    const std::int64_t first = is_of_an_sm(kLevel) ? thread / kThreads * vectors : 0;
    const std::int64_t begin = is_of_an_sm(kLevel) ? thread % kThreads : thread;
    const std::int64_t step = is_of_an_sm(kLevel) ? kThreads : sms_ * kThreads;
    std::uint32_t sum = 0;
    for (std::int64_t i = 0; i < loads_; ++i) {
      const std::int64_t vector = first + (begin + i * step) % vectors;
      for (std::int64_t word = 4 * vector; word < 4 * vector + 4; ++word) {
        sum += std::bit_cast<std::uint32_t>(operand(pattern_, kSeedA, word));
      }
    }
    return sum;
  }

  std::int64_t bytes_;
  std::int64_t sms_;
  std::int64_t loads_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<float> data_;
  cuda::DeviceBuffer<std::uint32_t> sums_;
};

Work work_of(const Problem& problem) {
  const auto vectors = static_cast<double>(problem.at("sms") * kThreads * problem.at("loads"));
  return {.flops = 4 * vectors, .bytes = kVectorBytes * vectors};
}

template <Level kLevel>
std::vector<std::int64_t> sizes(const Device& device) {
  if (kLevel == Level::dram) return {streamed_elements(device, 1)};
  return working_sets(kLevel, device);
}

/// Launches of some 0.2 ms at the least, from caches; from memory at least the working set.
template <Level kLevel>
std::vector<Problem> curve(const Device& device) {
  const auto sms = static_cast<std::int64_t>(device.compute_units);
  std::vector<Problem> problems;
  for (const std::int64_t bytes : sizes<kLevel>(device)) {
    std::int64_t loads = is_of_an_sm(kLevel) ? 4096 : 1024;
    if (kLevel == Level::dram) {
      const std::int64_t per_batch = sms * kThreads * kVectorBytes * kInFlight;
      loads = (bytes + per_batch - 1) / per_batch * kInFlight;
    }
    problems.push_back({{"bytes", bytes}, {"sms", sms}, {"loads", loads}});
  }
  return problems;
}

template <Level kLevel>
Workload workload() {
  return {
      .name = "memory_read",
      .variant = name_of(kLevel),
      .provider = "derate",
      .backend = "cuda",
      .precision = Precision::f32,
      .bound = kLevel == Level::dram ? Bound::memory : Bound::cache,
      .accumulator = Precision::i32,
      .cache = cache_of(kLevel),
      // The largest, of which the level below holds least.
      .problems =
          [](const Device& device) { return std::vector<Problem>{curve<kLevel>(device).back()}; },
      .test_problem =
          [] {
            return Problem{{"bytes", 8192}, {"sms", 2}, {"loads", 16}};
          },
      .work = work_of,
      .size_class = [](const Problem&) { return name_of(kLevel); },
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<Read<kLevel>>(problem, operands, session);
          },
      .more_problems =
          [](const Device& device) {
            std::vector<Problem> problems = curve<kLevel>(device);
            problems.pop_back();
            return problems;
          },
  };
}

const Registration l1{workload<Level::l1>()};
const Registration shared{workload<Level::shared>()};
const Registration l2{workload<Level::l2>()};
const Registration dram{workload<Level::dram>()};

}  // namespace
}  // namespace derate::memory
