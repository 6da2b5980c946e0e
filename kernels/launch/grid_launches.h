// SPDX-License-Identifier: Apache-2.0
// The launches of a kernel alone: the same grid of blocks, of which one thread stores a word, by
// which it can be checked that it ran, and the others end at once.
#pragma once

#include <cuda_runtime.h>

#include <optional>
#include <string>

#include "derate/cuda/buffer.h"
#include "derate/cuda/launch.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"

namespace derate::launch {

static __global__ void mark_grid(unsigned* word, unsigned value) {
  if (blockIdx.x == gridDim.x - 1 && threadIdx.x == 0) *word = value;
}

class GridLaunches final : public Instance {
 public:
  GridLaunches(dim3 grid, dim3 block, const Session& session)
      : grid_(grid), block_(block), stream_(cuda::stream_of(session)), word_(1) {
    word_.poison(stream_);
  }

  void launch(int) override {
    cuda::launch(mark_grid, grid_, block_, stream_, word_.data(), ++launches_);
  }

  void poison() override { word_.poison(stream_); }

  [[nodiscard]] std::optional<std::string> check() override {
    const unsigned got = word_.to_host(0, 1, stream_).front();
    if (got == launches_) return std::nullopt;
    return "launch " + std::to_string(launches_) + " left " + std::to_string(got) + " behind";
  }

  [[nodiscard]] bool is_kernels_alone() const override { return false; }
  /// As of launch/queued.cu: so that all are queued before the first one starts.
  [[nodiscard]] int longest_batch() const override { return 512; }
  [[nodiscard]] std::optional<Work> work_of_launch() const override { return Work{}; }

 private:
  dim3 grid_;
  dim3 block_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<unsigned> word_;
  unsigned launches_ = 0;
};

}  // namespace derate::launch
