// SPDX-License-Identifier: Apache-2.0
// One direction of a transfer: an array at either end for every operand set, the copy, and the
// check.
#pragma once

#include <cuda_runtime.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/buffer.h"
#include "derate/cuda/check.h"
#include "derate/operands.h"
#include "transfer/host_memory.h"
#include "transfer/windows.h"
#include "transfer/work.h"

namespace derate::transfer {

/// Says which of the elements from `first` on are not element(pattern, seed, index).
inline std::optional<std::string> compare(DataPattern pattern, std::uint64_t seed,
                                          std::int64_t first, const float* got,
                                          std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto want =
        static_cast<float>(element(pattern, seed, static_cast<std::uint64_t>(first + i)));
    if (std::bit_cast<std::uint32_t>(got[i]) == std::bit_cast<std::uint32_t>(want)) continue;
    return "element " + std::to_string(first + i) + " arrived as " + std::to_string(got[i]) +
           ", not as " + std::to_string(want);
  }
  return std::nullopt;
}

enum class Direction { to_device, to_host };

/// The sets of one direction lie behind one another: one allocation at either end, because pinning
/// takes long.
class Path {
 public:
  Path(Direction direction, Memory memory, std::int64_t elements, int sets, DataPattern pattern,
       cudaStream_t stream)
      : direction_(direction),
        elements_(elements),
        sets_(sets),
        pattern_(pattern),
        seed_(direction == Direction::to_device ? kSeedThere : kSeedBack),
        host_(memory, elements * sets),
        device_(elements * sets) {
    for (int set = 0; set < sets; ++set) {
      cuda::fill(on_device(set), elements, pattern, seed_, stream);
    }
    if (direction == Direction::to_device) {
      for (int set = 0; set < sets; ++set) send(set, cudaMemcpyDeviceToHost, stream);
      device_.poison(stream);
    }
    cuda::check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  }

  void copy(int set, cudaStream_t stream) {
    const bool there = direction_ == Direction::to_device;
    send(set, there ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost, stream);
  }

  [[nodiscard]] int sets() const { return sets_; }

  /// What set 0 holds at the end where it was sent.
  [[nodiscard]] std::optional<std::string> check(cudaStream_t stream) const {
    return compare_windows(elements_, [&](std::int64_t first, std::int64_t count) {
      if (direction_ == Direction::to_host) {
        return compare(pattern_, seed_, first, host_.data() + first, count);
      }
      const std::vector<float> got = device_.to_host(first, count, stream);
      return compare(pattern_, seed_, first, got.data(), count);
    });
  }

 private:
  [[nodiscard]] float* on_host(int set) const { return host_.data() + set * elements_; }
  [[nodiscard]] float* on_device(int set) const { return device_.data() + set * elements_; }

  void send(int set, cudaMemcpyKind kind, cudaStream_t stream) {
    const bool there = kind == cudaMemcpyHostToDevice;
    cuda::check(cudaMemcpyAsync(there ? on_device(set) : on_host(set),
                                there ? on_host(set) : on_device(set),
                                static_cast<std::size_t>(elements_) * sizeof(float), kind, stream),
                "cudaMemcpyAsync");
  }

  Direction direction_;
  std::int64_t elements_;
  int sets_;
  DataPattern pattern_;
  std::uint64_t seed_;
  HostMemory host_;
  cuda::DeviceBuffer<float> device_;
};

}  // namespace derate::transfer
