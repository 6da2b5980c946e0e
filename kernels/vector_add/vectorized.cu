// SPDX-License-Identifier: Apache-2.0
// vector_add, vectorized: each thread loads two 128-bit vectors of both operands before it adds
// anything, and neither loads nor stores are meant to stay in cache.
//
// Bound by the bus to device memory. By Little's law, 4.8 TB/s at a loaded latency of 0.8 us want
// about 30 KiB in flight per SM of an H200; 2048 resident threads with 64 bytes each have 128 KiB.
// Next to a scalar loop, where a thread waits for 8 bytes at a time, that is what it gains. More
// vectors per thread would cost registers and with them resident threads.
#include <cuda_runtime.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/cuda/launch.h"
#include "derate/cuda/occupancy.h"
#include "derate/cuda/stream_session.h"
#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "memory/gpu_levels.h"
#include "memory/gpu_stages.h"
#include "vector_add/work.h"

namespace derate::vector_add {
namespace {

constexpr int kThreads = 256;
constexpr int kVectors = 2;  // in flight per thread and operand
constexpr int kWidth = 4;    // floats per 128-bit vector
constexpr int kBlockElements = kThreads * kVectors * kWidth;

__global__ void __launch_bounds__(kThreads)
    vectorized(std::int64_t n, const float* __restrict__ a, const float* __restrict__ b,
               float* __restrict__ c) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kBlockElements;
  if (first + kBlockElements > n) {  // the last block, where n ends within it
#pragma unroll 1
    for (std::int64_t i = first + threadIdx.x; i < n; i += kThreads) c[i] = a[i] + b[i];
    return;
  }
  const auto* const a_vectors = reinterpret_cast<const float4*>(a + first) + threadIdx.x;
  const auto* const b_vectors = reinterpret_cast<const float4*>(b + first) + threadIdx.x;
  auto* const c_vectors = reinterpret_cast<float4*>(c + first) + threadIdx.x;
  float4 x[kVectors];
  float4 y[kVectors];
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    x[v] = __ldcs(a_vectors + v * kThreads);
    y[v] = __ldcs(b_vectors + v * kThreads);
  }
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    __stcs(c_vectors + v * kThreads,
           make_float4(x[v].x + y[v].x, x[v].y + y[v].y, x[v].z + y[v].z, x[v].w + y[v].w));
  }
}

struct Set {
  cuda::DeviceBuffer<float> a;
  cuda::DeviceBuffer<float> b;
  cuda::DeviceBuffer<float> c;
};

/// Compares `got`, elements from `first` on, with the reference.
std::optional<std::string> compare(DataPattern pattern, std::int64_t first,
                                   const std::vector<float>& got) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::int64_t index = first + static_cast<std::int64_t>(i);
    const float want = expected(pattern, index);
    if (std::bit_cast<std::uint32_t>(got[i]) == std::bit_cast<std::uint32_t>(want)) continue;
    return "c[" + std::to_string(index) + "] is " + std::to_string(got[i]) + ", not " +
           std::to_string(want);
  }
  return std::nullopt;
}

class Vectorized final : public Instance {
 public:
  /// Of n elements, in arrays with room for more.
  Vectorized(std::int64_t n, std::int64_t room, const Operands& operands, Session& session)
      : n_(n), pattern_(operands.data), stream_(cuda::stream_of(session)) {
    const int count = operands.sets(work({{"n", n_}}, Precision::f32).bytes, session.device());
    sets_ = made_or_shared<std::vector<Set>>(operands, [&] {
      std::vector<Set> sets;
      for (int set = 0; set < count; ++set) {
        // With braces: nvcc 12 initialises no aggregate by parentheses.
        Set& added =
            sets.emplace_back(Set{cuda::DeviceBuffer<float>(room), cuda::DeviceBuffer<float>(room),
                                  cuda::DeviceBuffer<float>(room)});
        added.a.fill(pattern_, kSeedA, stream_);
        added.b.fill(pattern_, kSeedB, stream_);
        added.c.poison(stream_);
      }
      return sets;
    });
    session.synchronize();
  }

  void launch(int set) override {
    const Set& operands = (*sets_)[static_cast<std::size_t>(set)];
    const std::int64_t blocks = (n_ + kBlockElements - 1) / kBlockElements;
    cuda::launch(vectorized, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), stream_, n_,
                 operands.a.data(), operands.b.data(), operands.c.data());
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_->size()); }

  void poison() override { sets_->front().c.poison(stream_); }

  [[nodiscard]] std::optional<Work> work_of_launch() const override {
    return work({{"n", n_}}, Precision::f32);
  }

  /// Every element of a small array; of a large one 64 windows, the first and the last included.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kWindow = 4096;
    constexpr std::int64_t kWindows = 64;
    const bool whole = n_ <= kWindow * kWindows;
    for (std::int64_t window = 0; window < (whole ? 1 : kWindows); ++window) {
      const std::int64_t count = whole ? n_ : kWindow;
      const std::int64_t first = whole ? 0 : (n_ - kWindow) / (kWindows - 1) * window;
      const std::int64_t start = !whole && window == kWindows - 1 ? n_ - kWindow : first;
      if (auto wrong = compare(pattern_, start, sets_->front().c.to_host(start, count, stream_))) {
        return wrong;
      }
    }
    return std::nullopt;
  }

 private:
  std::int64_t n_;
  DataPattern pattern_;
  cudaStream_t stream_;
  std::shared_ptr<std::vector<Set>> sets_;
};

std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  const std::int64_t n = problem.at("n");
  const memory::StreamGrid grid{n, kBlockElements,
                                cuda::blocks_of_a_wave(vectorized, kThreads, session.device())};
  if (auto stage = memory::common_gpu_stage(grid, kThreads, 3 * n, operands, session)) return stage;
  return std::make_unique<Vectorized>(grid.at(operands.stage), grid.room(operands), operands,
                                      session);
}

std::vector<Problem> problems(const Device& device) {
  return {{{"n", memory::streamed_elements(device, 12)}}};
}

const Registration registration{{
    .name = "vector_add",
    .variant = "vectorized",
    .provider = "derate",
    .backend = "cuda",
    .precision = Precision::f32,
    .bound = Bound::memory,
    .problems = problems,
    .test_problem =
        [] {
          return Problem{{"n", 100'003}};
        },
    .work = [](const Problem& problem) { return work(problem, Precision::f32); },
    .size_class = size_class,
    .prepare = prepare,
    .more_problems = [](const Device&) -> std::vector<Problem> {
      return {{{"n", std::int64_t{1} << 16}}, {{"n", std::int64_t{1} << 20}}};
    },
    .stages = memory::gpu_stream_stages,
}};

}  // namespace
}  // namespace derate::vector_add
