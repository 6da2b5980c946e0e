// SPDX-License-Identifier: Apache-2.0
// The host's side of the stages of gemm on a GPU: grids of whole waves, which products a stage adds
// up instead of those of A·B, what it does of the work, and the stage that only launches.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/cuda/launch.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "gemm/work.h"

namespace derate::gemm {

/// How k passes through the stages in shared memory: `first` of it in the first tile of the loop,
/// which is filled up with zeros, then `depth` at a time.
struct Pipeline {
  std::int64_t k;
  std::int64_t first;
  std::int64_t depth;
  std::int64_t stages;

  [[nodiscard]] std::int64_t tiles() const { return 1 + (k - first + depth - 1) / depth; }
  /// Of k that is ever in shared memory where all stages are filled once.
  [[nodiscard]] std::int64_t filled() const { return std::min(k, first + (stages - 1) * depth); }
  [[nodiscard]] std::int64_t tile_of(std::int64_t p) const {
    return p < first ? 0 : 1 + (p - first) / depth;
  }
};

/// How often each product of k is added where the loop goes through stages that are filled once.
inline Times times_from_shared(const Pipeline& pipeline) {
  Times times(static_cast<std::size_t>(pipeline.k));
  for (std::int64_t p = 0; p < pipeline.filled(); ++p) {
    const std::int64_t later = pipeline.tiles() - 1 - pipeline.tile_of(p);
    times[static_cast<std::size_t>(p)] = static_cast<double>(1 + later / pipeline.stages);
  }
  return times;
}

/// The same where the loop has the first `kept` of a stage in registers, in turn.
inline Times times_from_registers(const Pipeline& pipeline, std::int64_t kept) {
  Times times(static_cast<std::size_t>(pipeline.k));
  const std::int64_t each = pipeline.tiles() * pipeline.depth / kept;
  for (std::int64_t p = 0; p < std::min(kept, pipeline.first); ++p) {
    times[static_cast<std::size_t>(p)] = static_cast<double>(each);
  }
  return times;
}

inline Times times_of(Stage stage, const Pipeline& pipeline, std::int64_t kept) {
  if (stage == Stage::shared) return times_from_shared(pipeline);
  if (stage == Stage::registers) return times_from_registers(pipeline, kept);
  return {};
}

/// What a launch does that computes so many whole tiles of C, and of the operands reads no more
/// than it needs.
template <typename T>
Work work_of_tiles(Stage stage, const Problem& problem, const Pipeline& pipeline, double tiles,
                   double elements_of_tile) {
  const bool fills_once = stage == Stage::shared || stage == Stage::registers;
  Problem read = problem;
  if (fills_once) {
    read = {{"m", problem.at("m")},
            {"n", problem.at("n")},
            {"k", stage == Stage::shared ? pipeline.filled() : pipeline.first}};
  }
  const auto depth = static_cast<double>(pipeline.tiles() * pipeline.depth);
  return {.flops = tiles * elements_of_tile * 2 * depth, .bytes = work_of<T>(read).bytes};
}

/// `count`, or as many more as fill the last wave.
inline std::int64_t whole_waves(std::int64_t count, std::int64_t at_once) {
  return (count + at_once - 1) / at_once * at_once;
}

/// What a launch asks for beside its arguments.
struct LaunchShape {
  std::int64_t blocks;
  int threads;
  cuda::Cluster cluster;
  cuda::DynamicShared shared;
};

/// So much shared memory that no more blocks of `kernel` are resident than `wanted`: one that
/// leaves something out may have room for more of them, and its waves would be others.
template <typename... Parameters>
cuda::DynamicShared as_resident(void (*kernel)(Parameters...), int threads,
                                cuda::DynamicShared shared, int wanted) {
  constexpr int kStepBytes = 1024;
  const dim3 block(static_cast<unsigned>(threads));
  while (cuda::blocks_per_unit(kernel, block, shared) > wanted) shared.bytes += kStepBytes;
  return shared;
}

/// All that is left of a launch: a word for each block, so that each can be told to have run. No
/// sum of them, for which blocks would wait for each other.
static __global__ void mark_block(int* marks) {
  if (threadIdx.x == 0) marks[blockIdx.x] = static_cast<int>(blockIdx.x) + 1;
}

/// Launches a kernel of the same shape that does nothing but leave a mark for each block.
class LaunchStage final : public Instance {
 public:
  LaunchStage(const LaunchShape& shape, std::string algorithm, const Session& session)
      : shape_(shape),
        algorithm_(std::move(algorithm)),
        stream_(cuda::stream_of(session)),
        marks_(shape.blocks) {
    poison();
  }

  void launch(int) override {
    cuda::launch(mark_block, dim3(static_cast<unsigned>(shape_.blocks)),
                 dim3(static_cast<unsigned>(shape_.threads)), shape_.cluster, shape_.shared,
                 stream_, marks_.data());
  }
  /// The launches are what is measured.
  [[nodiscard]] bool is_kernels_alone() const override { return false; }
  /// Half of what a stream's queue holds, so that all are queued before the first one starts.
  [[nodiscard]] int longest_batch() const override { return 512; }
  void poison() override { marks_.poison(stream_); }
  [[nodiscard]] std::string algorithm() const override { return algorithm_; }
  [[nodiscard]] std::optional<Work> work_of_launch() const override { return Work{}; }

  [[nodiscard]] std::optional<std::string> check() override {
    const std::vector<int> marks = marks_.to_host(0, marks_.count(), stream_);
    for (std::size_t block = 0; block < marks.size(); ++block) {
      if (marks[block] == static_cast<int>(block) + 1) continue;
      return "block " + std::to_string(block) + " of " + std::to_string(marks.size()) +
             " left no mark";
    }
    return std::nullopt;
  }

 private:
  LaunchShape shape_;
  std::string algorithm_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<int> marks_;
};

}  // namespace derate::gemm
