// SPDX-License-Identifier: Apache-2.0
// The smallest kernel that can be checked: one thread that stores one word. An empty one would
// leave nothing behind by which to tell that it ran.
#pragma once

#include <cuda_runtime.h>

#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/cuda/launch.h"

namespace derate::launch {

static __global__ void mark(unsigned* word, unsigned value) { *word = value; }

/// One word for each launch that is told apart, poisoned to begin with.
class Marks {
 public:
  Marks(int count, cudaStream_t stream) : words_(count), stream_(stream) {
    words_.poison(stream);
    cuda::check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  }

  void launch(int word, unsigned value, cudaStream_t on) const {
    cuda::launch(mark, dim3(1), dim3(1), on, words_.data() + word, value);
  }

  /// Whether launch i left `first` + i behind, for all of them.
  [[nodiscard]] std::optional<std::string> check(unsigned first) const {
    const std::vector<unsigned> got = words_.to_host(0, words_.count(), stream_);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const unsigned want = first + static_cast<unsigned>(i);
      if (got[i] == want) continue;
      return "launch " + std::to_string(i) + " left " + std::to_string(got[i]) + " behind, not " +
             std::to_string(want);
    }
    return std::nullopt;
  }

 private:
  cuda::DeviceBuffer<unsigned> words_;
  cudaStream_t stream_;
};

}  // namespace derate::launch
