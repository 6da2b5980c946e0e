// SPDX-License-Identifier: Apache-2.0
// Host memory that a device copies from and to. Pinned memory stays where it is, so that the device
// reads and writes it by itself; of pageable memory the driver copies every part to a pinned buffer
// of its own first, and the host's core and memory take part.
#pragma once

#include <cuda_runtime.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "derate/cuda/check.h"

namespace derate::transfer {

enum class Memory { pinned, pageable };

/// All of it, whoever uses it; 0 where the system does not say.
inline std::uint64_t host_memory_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return 0;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
}

/// `count` floats on the host.
class HostMemory {
 public:
  /// Throws DeviceError when the driver pins no memory, std::bad_alloc when there is none.
  HostMemory(Memory kind, std::int64_t count) : kind_(kind), count_(count) {
    void* memory = nullptr;
    if (kind == Memory::pinned) {
      const std::string what = "pinning " + std::to_string(bytes()) + " bytes of host memory";
      cuda::check(cudaHostAlloc(&memory, bytes(), cudaHostAllocDefault), what.c_str());
    } else {
      memory = std::malloc(bytes());
      if (memory == nullptr) throw std::bad_alloc();
    }
    data_ = static_cast<float*>(memory);
    poison();
  }
  ~HostMemory() {
    if (kind_ == Memory::pinned) {
      static_cast<void>(cudaFreeHost(data_));
    } else {
      std::free(data_);
    }
  }
  HostMemory(HostMemory&& other) noexcept
      : kind_(other.kind_), count_(other.count_), data_(std::exchange(other.data_, nullptr)) {}
  HostMemory& operator=(HostMemory&&) = delete;
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  [[nodiscard]] float* data() const { return data_; }
  [[nodiscard]] std::int64_t count() const { return count_; }

  /// NaN everywhere. Touches every page, so that no copy is the first to do so.
  void poison() { std::memset(data_, 0xFF, bytes()); }

 private:
  [[nodiscard]] std::size_t bytes() const {
    return static_cast<std::size_t>(count_) * sizeof(float);
  }

  Memory kind_;
  std::int64_t count_;
  float* data_ = nullptr;
};

}  // namespace derate::transfer
