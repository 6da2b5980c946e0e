// SPDX-License-Identifier: Apache-2.0
// The streams on a GPU: each thread has 64 bytes of loads in flight before it stores anything, or
// 64 bytes of stores, and a sum's threads 128; neither loads nor stores are meant to stay in cache.
//
// Bound by the bus to device memory, as vector_add's vectorized.cu says: 2048 threads with 64 bytes
// each have four times in flight what an H200 needs. A block is short, so that nothing is left over
// at the end, and sums its piece without waiting for another block.
#include <cuda_runtime.h>

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
#include "memory/work.h"

namespace derate::memory {
namespace {

constexpr int kThreads = 256;
constexpr int kWidth = 4;  // words per 128-bit vector

/// Vectors of each operand in flight per thread.
template <Stream kStream>
constexpr int kVectors = kStream == Stream::triad ? 2 : 4;
template <Stream kStream>
constexpr int kBlockElements = kThreads* kVectors<kStream>* kWidth;

template <Stream kStream>
__device__ __forceinline__ float stored(float a, float b, float value) {
  if constexpr (kStream == Stream::fill) return value;
  if constexpr (kStream == Stream::triad) return a + value * b;
  return a;
}

/// copy, triad and fill; `value` is what fill writes and triad multiplies with.
template <Stream kStream>
__global__ void __launch_bounds__(kThreads)
    stream(std::int64_t n, float value, const float* __restrict__ a, const float* __restrict__ b,
           float* __restrict__ c) {
  constexpr int kCount = kVectors<kStream>;
  constexpr int kReads = arrays_read(kStream);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kBlockElements<kStream>;
  if (first + kBlockElements < kStream >> n) {  // the last block, where n ends within it
#pragma unroll 1
    for (std::int64_t i = first + threadIdx.x; i < n; i += kThreads) {
      c[i] = stored<kStream>(kReads > 0 ? a[i] : 0, kReads > 1 ? b[i] : 0, value);
    }
    return;
  }
  float4 x[kCount] = {};
  float4 y[kCount] = {};
#pragma unroll
  for (int v = 0; v < kCount; ++v) {
    const std::int64_t at = first / kWidth + threadIdx.x + v * kThreads;
    if constexpr (kReads > 0) x[v] = __ldcs(reinterpret_cast<const float4*>(a) + at);
    if constexpr (kReads > 1) y[v] = __ldcs(reinterpret_cast<const float4*>(b) + at);
  }
#pragma unroll
  for (int v = 0; v < kCount; ++v) {
    const std::int64_t at = first / kWidth + threadIdx.x + v * kThreads;
    __stcs(reinterpret_cast<float4*>(c) + at, make_float4(stored<kStream>(x[v].x, y[v].x, value),
                                                          stored<kStream>(x[v].y, y[v].y, value),
                                                          stored<kStream>(x[v].z, y[v].z, value),
                                                          stored<kStream>(x[v].w, y[v].w, value)));
  }
}

/// The sum of every thread's number, known to thread 0: in two steps, since the block is short.
__device__ std::uint32_t sum_of_block(std::uint32_t mine) {
  constexpr unsigned kFirst = 16;
  __shared__ std::uint32_t all[kThreads];
  __shared__ std::uint32_t some[kFirst];
  all[threadIdx.x] = mine;
  __syncthreads();
  if (threadIdx.x < kFirst) {
    std::uint32_t sum = 0;
    for (unsigned i = threadIdx.x; i < kThreads; i += kFirst) sum += all[i];
    some[threadIdx.x] = sum;
  }
  __syncthreads();
  std::uint32_t sum = 0;
  if (threadIdx.x == 0) {
    for (unsigned i = 0; i < kFirst; ++i) sum += some[i];
  }
  return sum;
}

/// One block, one piece.
__global__ void __launch_bounds__(kThreads)
    sum(std::int64_t n, const std::uint32_t* __restrict__ a, std::uint32_t* __restrict__ sums) {
  constexpr int kCount = kPiece / kThreads / kWidth;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kPiece;
  std::uint32_t mine = 0;
  if (first + kPiece > n) {
#pragma unroll 1
    for (std::int64_t i = first + threadIdx.x; i < n; i += kThreads) mine += a[i];
  } else {
    const auto* const vectors = reinterpret_cast<const uint4*>(a + first) + threadIdx.x;
    uint4 x[kCount];
#pragma unroll
    for (int v = 0; v < kCount; ++v) x[v] = __ldcs(vectors + v * kThreads);
#pragma unroll
    for (int v = 0; v < kCount; ++v) mine += x[v].x + x[v].y + x[v].z + x[v].w;
  }
  mine = sum_of_block(mine);
  if (threadIdx.x == 0) sums[blockIdx.x] = mine;
}

struct Set {
  std::vector<cuda::DeviceBuffer<float>> inputs;
  cuda::DeviceBuffer<std::uint32_t> output;  // bits of f32, or sums
};

template <Stream kStream>
StreamGrid grid_of(std::int64_t n, const Device& device) {
  if constexpr (kStream == Stream::sum) {
    return {n, kPiece, cuda::blocks_of_a_wave(sum, kThreads, device)};
  } else {
    return {n, kBlockElements<kStream>, cuda::blocks_of_a_wave(stream<kStream>, kThreads, device)};
  }
}

template <Stream kStream>
class Streams final : public Instance {
 public:
  /// Of n elements, in arrays with room for more.
  Streams(std::int64_t n, std::int64_t room, const Operands& operands, Session& session)
      : n_(n), pattern_(operands.data), stream_(cuda::stream_of(session)) {
    const int count = operands.sets(work(kStream, {{"n", n_}}).bytes, session.device());
    sets_ = made_or_shared<std::vector<Set>>(operands, [&] {
      std::vector<Set> sets;
      for (int set = 0; set < count; ++set) {
        Set& added =
            sets.emplace_back(Set{{}, cuda::DeviceBuffer<std::uint32_t>(results(kStream, room))});
        for (int array = 0; array < arrays_read(kStream); ++array) {
          added.inputs.emplace_back(room).fill(pattern_, array == 0 ? kSeedA : kSeedB, stream_);
        }
        added.output.poison(stream_);
      }
      return sets;
    });
    session.synchronize();
  }

  void launch(int set) override {
    const Set& operands = (*sets_)[static_cast<std::size_t>(set)];
    const float* const a = operands.inputs.empty() ? nullptr : operands.inputs.front().data();
    if constexpr (kStream == Stream::sum) {
      cuda::launch(sum, dim3(static_cast<unsigned>(results(kStream, n_))), dim3(kThreads), stream_,
                   n_, reinterpret_cast<const std::uint32_t*>(a), operands.output.data());
    } else {
      const float* const b = operands.inputs.empty() ? nullptr : operands.inputs.back().data();
      const float value = kStream == Stream::fill ? fill_value(pattern_) : kScale;
      const std::int64_t blocks = (n_ + kBlockElements<kStream> - 1) / kBlockElements<kStream>;
      cuda::launch(stream<kStream>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), stream_,
                   n_, value, a, b, reinterpret_cast<float*>(operands.output.data()));
    }
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_->size()); }

  void poison() override { sets_->front().output.poison(stream_); }

  [[nodiscard]] std::optional<Work> work_of_launch() const override {
    return work(kStream, {{"n", n_}});
  }

  /// Every result of a small array; of a large one 64 windows, the first and the last included.
  [[nodiscard]] std::optional<std::string> check() override {
    constexpr std::int64_t kWindow = kStream == Stream::sum ? 1 : 4096;
    constexpr std::int64_t kWindows = 64;
    const std::int64_t all = results(kStream, n_);
    if (all <= kWindow * kWindows) return compare(0, all);
    for (std::int64_t window = 0; window < kWindows; ++window) {
      if (auto found = compare((all - kWindow) * window / (kWindows - 1), kWindow)) return found;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<std::string> compare(std::int64_t first, std::int64_t count) const {
    const std::vector<std::uint32_t> got = sets_->front().output.to_host(first, count, stream_);
    for (std::int64_t i = 0; i < count; ++i) {
      std::string found = wrong(kStream, pattern_, n_, first + i, got[static_cast<std::size_t>(i)]);
      if (!found.empty()) return found;
    }
    return std::nullopt;
  }

  std::int64_t n_;
  DataPattern pattern_;
  cudaStream_t stream_;
  std::shared_ptr<std::vector<Set>> sets_;
};

template <Stream kStream>
std::int64_t elements(const Device& device) {
  return streamed_elements(device, 4 * (kStream == Stream::sum ? 1 : arrays_read(kStream) + 1));
}

template <Stream kStream>
std::vector<Problem> problems(const Device& device) {
  return {{{"n", elements<kStream>(device)}}};
}

/// Of sum, which gains most from a cache, a quarter and four times as much: whether the size
/// matters shows between the three.
template <Stream kStream>
std::vector<Problem> more_problems(const Device& device) {
  std::vector<Problem> problems;
  if constexpr (kStream == Stream::sum) {
    const std::int64_t n = elements<kStream>(device);
    problems.push_back({{"n", n / 4}});
    if (16.0 * static_cast<double>(n) <= 0.6 * static_cast<double>(device.memory_bytes)) {
      problems.push_back({{"n", 4 * n}});
    }
  }
  return problems;
}

template <Stream kStream>
std::unique_ptr<Instance> prepare(std::int64_t n, const Operands& operands, Session& session) {
  const StreamGrid grid = grid_of<kStream>(n, session.device());
  const std::int64_t elements = (arrays_read(kStream) + 1) * n;
  if (auto stage = common_gpu_stage(grid, kThreads, elements, operands, session)) return stage;
  return std::make_unique<Streams<kStream>>(grid.at(operands.stage), grid.room(operands), operands,
                                            session);
}

template <Stream kStream>
std::unique_ptr<Instance> of_whole_waves(std::int64_t elements, const Operands& operands,
                                         Session& session) {
  const std::int64_t n = grid_of<kStream>(elements, session.device()).of_whole_waves();
  Operands own = operands;
  own.shared = nullptr;  // the others have arrays of another size
  return std::make_unique<Streams<kStream>>(n, n, own, session);
}

template <Stream kStream>
Workload workload() {
  return {
      .name = name_of(kStream),
      .variant = "vectorized",
      .provider = "derate",
      .backend = "cuda",
      .precision = Precision::f32,
      .bound = Bound::memory,
      .accumulator = accumulator_of(kStream),
      .problems = problems<kStream>,
      .test_problem =
          [] {
            return Problem{{"n", 100'003}};
          },
      .work = [](const Problem& problem) { return work(kStream, problem); },
      .size_class = size_class,
      .prepare =
          [](const Problem& problem, const Operands& operands, Session& session) {
            return prepare<kStream>(problem.at("n"), operands, session);
          },
      .more_problems = more_problems<kStream>,
  };
}

/// Of the streams that are parted into what bounds them.
Workload with_stages(Workload workload) {
  workload.stages = gpu_stream_stages;
  return workload;
}

const Registration copy{workload<Stream::copy>()};
const Registration triad{with_stages(workload<Stream::triad>())};
const Registration sums{workload<Stream::sum>()};
const Registration fill{workload<Stream::fill>()};

}  // namespace

std::unique_ptr<Instance> make_gpu_stream(Stream stream, std::int64_t elements,
                                          const Operands& operands, Session& session) {
  if (stream == Stream::sum) return of_whole_waves<Stream::sum>(elements, operands, session);
  return of_whole_waves<Stream::fill>(elements, operands, session);
}

}  // namespace derate::memory
