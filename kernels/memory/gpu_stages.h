// SPDX-License-Identifier: Apache-2.0
// Stages of a stream on a GPU: which there are, and what they share whatever the stream computes.
// A pure read and a pure write are the streams memory_sum and memory_fill over as many bytes; they
// too are made of whole waves, so that neither has an end at which only some SMs are busy.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "derate/workload.h"
#include "launch/grid_launches.h"
#include "memory/work.h"

namespace derate::memory {

[[nodiscard]] inline std::vector<Stage> gpu_stream_stages(const Device&) {
  return {Stage::whole_waves, Stage::read, Stage::write, Stage::launch};
}

/// A stream of n elements in blocks of `block_elements`, of which `wave_blocks` run at a time.
struct StreamGrid {
  std::int64_t n;
  std::int64_t block_elements;
  std::int64_t wave_blocks;

  [[nodiscard]] dim3 grid() const {
    return dim3(static_cast<unsigned>((n + block_elements - 1) / block_elements));
  }
  /// The fewest elements, no fewer than n, that make whole waves.
  [[nodiscard]] std::int64_t of_whole_waves() const {
    const std::int64_t of_a_wave = block_elements * wave_blocks;
    return (n + of_a_wave - 1) / of_a_wave * of_a_wave;
  }
  [[nodiscard]] std::int64_t at(Stage stage) const {
    return stage == Stage::whole_waves ? of_whole_waves() : n;
  }
  /// The room that arrays need: for whole waves too, where that stage works on the same memory.
  [[nodiscard]] std::int64_t room(const Operands& operands) const {
    return operands.shared ? of_whole_waves() : at(operands.stage);
  }
};

/// memory_sum or memory_fill over `elements`, rounded up to whole waves.
[[nodiscard]] std::unique_ptr<Instance> make_gpu_stream(Stream stream, std::int64_t elements,
                                                        const Operands& operands, Session& session);

/// The stages that are the same for every stream of `elements` over all its arrays; null for the
/// others.
[[nodiscard]] inline std::unique_ptr<Instance> common_gpu_stage(const StreamGrid& grid, int threads,
                                                                std::int64_t elements,
                                                                const Operands& operands,
                                                                Session& session) {
  switch (operands.stage) {
    case Stage::launch:
      return std::make_unique<launch::GridLaunches>(grid.grid(),
                                                    dim3(static_cast<unsigned>(threads)), session);
    case Stage::read:
      return make_gpu_stream(Stream::sum, elements, operands, session);
    case Stage::write:
      return make_gpu_stream(Stream::fill, elements, operands, session);
    default:
      return nullptr;
  }
}

}  // namespace derate::memory
