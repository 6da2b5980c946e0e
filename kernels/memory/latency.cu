// SPDX-License-Identifier: Apache-2.0
// memory_latency on a GPU: one thread follows pointers from line to line of its working set, in
// random order. Bound by the latency of the level that the working set lies in, with that of the
// translation of addresses where it is large: each load needs the result of the one before. The
// threads beside it only fetch the set into an L1, which is empty when a kernel starts, or copy it
// to shared memory.
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

namespace derate::memory {
namespace {

constexpr int kThreads = 256;
constexpr int kLineBytes = 128;
constexpr int kWordsPerLine = kLineBytes / sizeof(std::uint64_t);

/// Writes into line way[i] the address of line way[i + 1], and into the last that of the first.
__global__ void __launch_bounds__(kThreads)
    link(unsigned lines, const std::uint32_t* __restrict__ way, std::uint64_t* __restrict__ data) {
  const unsigned i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= lines) return;
  const std::uint64_t* const next =
      data + static_cast<std::int64_t>(way[i + 1 == lines ? 0 : i + 1]) * kWordsPerLine;
  data[static_cast<std::int64_t>(way[i]) * kWordsPerLine] = reinterpret_cast<std::uint64_t>(next);
}

/// `end` gets the line that `loads` steps from line `begin` lead to.
template <Level kLevel>
__global__ void __launch_bounds__(kThreads)
    chase(std::int64_t loads, unsigned begin, unsigned lines, const std::uint64_t* data,
          std::uint64_t* __restrict__ end) {
  const auto address = reinterpret_cast<std::uint64_t>(data);
  std::uint64_t at = address + static_cast<std::uint64_t>(begin) * kLineBytes;
  if constexpr (kLevel == Level::shared) {
    __shared__ std::uint32_t copy[kSharedBytes / sizeof(std::uint32_t)];
    const auto first = static_cast<std::uint32_t>(__cvta_generic_to_shared(copy));
    for (unsigned i = threadIdx.x; i < lines; i += kThreads) {
      const std::uint64_t next = data[static_cast<std::int64_t>(i) * kWordsPerLine];
      copy[i * (kLineBytes / 4)] = first + static_cast<std::uint32_t>(next - address);
    }
    __syncthreads();
    if (threadIdx.x != 0) return;
    std::uint32_t place = first + begin * kLineBytes;
#pragma unroll 16
    for (std::int64_t i = 0; i < loads; ++i) place = load_word_shared(place);
    at = address + (place - first);
  } else {
    if constexpr (kLevel == Level::l1) {
      std::uint64_t seen = 0;
      for (unsigned i = threadIdx.x; i < lines; i += kThreads) {
        seen |= load_word_l1(address + static_cast<std::uint64_t>(i) * kLineBytes);
      }
      // Never: addresses of lines are even. Without a use of them ptxas drops the loads.
      if ((seen & 1) != 0) *end = seen;
      __syncthreads();
    }
    if (threadIdx.x != 0) return;
#pragma unroll 16
    for (std::int64_t i = 0; i < loads; ++i) {
      at = kLevel == Level::l1 ? load_word_l1(at) : load_word_l2(at);
    }
  }
  *end = (at - address) / kLineBytes;
}

template <Level kLevel>
class Chase final : public Instance {
 public:
  Chase(const Problem& problem, Session& session)
      : stream_(cuda::stream_of(session)),
        way_(random_way(checked(problem) / kLineBytes)),
        stretches_{static_cast<std::int64_t>(way_.size()), problem.at("loads")},
        data_(stretches_.lines * kWordsPerLine) {
    cuda::DeviceBuffer<std::uint32_t> way(stretches_.lines);
    way.upload(way_, stream_);
    const auto blocks = static_cast<unsigned>((stretches_.lines + kThreads - 1) / kThreads);
    cuda::launch(link, dim3(blocks), dim3(kThreads), stream_,
                 static_cast<unsigned>(stretches_.lines), way.data(), data_.data());
    ends_.poison(stream_);
    session.synchronize();
  }

  void launch(int set) override {
    cuda::launch(chase<kLevel>, dim3(1), dim3(kThreads), stream_, stretches_.loads,
                 way_[stretches_.begin(set)], static_cast<unsigned>(stretches_.lines), data_.data(),
                 ends_.data() + (set == 0 ? 0 : 1));
  }

  [[nodiscard]] int sets() const override { return stretches_.sets(); }

  [[nodiscard]] std::optional<std::string> check() override {
    const std::uint64_t got = ends_.to_host(0, 1, stream_).front();
    const std::uint32_t want = way_[stretches_.end(0)];
    if (got == want) return std::nullopt;
    return "the way ends at line " + std::to_string(got) + ", not " + std::to_string(want);
  }

 private:
  static std::int64_t checked(const Problem& problem) {
    const std::int64_t bytes = problem.at("bytes");
    if (bytes >= kLineBytes && (kLevel != Level::shared || bytes <= kSharedBytes)) return bytes;
    throw DeviceError("no such working set: " + problem.str(), false);
  }

  cudaStream_t stream_;
  std::vector<std::uint32_t> way_;
  Stretches stretches_;
  cuda::DeviceBuffer<std::uint64_t> data_;
  cuda::DeviceBuffer<std::uint64_t> ends_{2};  // of set 0, and of the others
};

/// Some milliseconds, beside which nothing else of a launch counts.
constexpr std::int64_t loads(Level level) {
  if (level == Level::dram) return (1 << 13) + 1;
  return (level == Level::l2 ? 1 << 15 : 1 << 17) + 1;
}

template <Level kLevel>
std::vector<Problem> curve(const Device& device) {
  std::vector<Problem> problems;
  for (const std::int64_t bytes : working_sets(kLevel, device)) {
    problems.push_back({{"bytes", bytes}, {"loads", loads(kLevel)}});
  }
  return problems;
}

template <Level kLevel>
Workload workload() {
  return {
      .name = "memory_latency",
      .variant = name_of(kLevel),
      .provider = "derate",
      .backend = "cuda",
      .precision = Precision::i64,  // pointers
      .bound = Bound::latency,
      .cache = cache_of(kLevel),
      // The smallest: on the fewest pages.
      .problems =
          [](const Device& device) { return std::vector<Problem>{curve<kLevel>(device).front()}; },
      .test_problem =
          [] {
            return Problem{{"bytes", 8192}, {"loads", 50}};
          },
      .work = chase_work,
      .size_class = [](const Problem&) { return name_of(kLevel); },
      .prepare = [](const Problem& problem, const Operands&,
                    Session& session) { return std::make_unique<Chase<kLevel>>(problem, session); },
      .more_problems =
          [](const Device& device) {
            std::vector<Problem> problems = curve<kLevel>(device);
            problems.erase(problems.begin());
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
