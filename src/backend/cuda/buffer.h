// SPDX-License-Identifier: Apache-2.0
// Device memory with an owner. Plain C++: workloads in .cu and in .cpp files share it.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "derate/cuda/check.h"
#include "derate/cuda/fill.h"

namespace derate::cuda {

/// `count` elements of T on the current device; fill() is for what cuda::fill() takes.
template <typename T>
class DeviceBuffer {
 public:
  /// Throws DeviceError when the memory does not suffice. The content is undefined.
  explicit DeviceBuffer(std::int64_t count) : count_(count) {
    void* memory = nullptr;
    const std::string call = "allocating " + std::to_string(bytes(count)) + " bytes on the device";
    check(cudaMalloc(&memory, bytes(count)), call.c_str());
    data_ = static_cast<T*>(memory);
  }
  ~DeviceBuffer() { static_cast<void>(cudaFree(data_)); }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::int64_t count() const { return count_; }

  /// Writes operand values (operands.h); returns at once.
  void fill(DataPattern pattern, std::uint64_t seed, cudaStream_t stream) {
    cuda::fill(data_, count_, pattern, seed, stream);
  }

  /// Writes NaN everywhere, so that an element which a kernel forgets cannot pass a check: all bits
  /// set is a quiet NaN in every floating-point format, and -1 as an integer. Returns at once.
  void poison(cudaStream_t stream) {
    check(cudaMemsetAsync(data_, 0xFF, bytes(count_), stream), "cudaMemsetAsync");
  }

  /// Copies all elements from the host, and returns when that is done.
  void upload(const std::vector<T>& values, cudaStream_t stream) {
    check(cudaMemcpyAsync(data_, values.data(), bytes(count_), cudaMemcpyHostToDevice, stream),
          "cudaMemcpyAsync");
    check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  }

  /// Elements [first, first + count) once everything on `stream` has finished.
  [[nodiscard]] std::vector<T> to_host(std::int64_t first, std::int64_t count,
                                       cudaStream_t stream) const {
    std::vector<T> values(static_cast<std::size_t>(count));
    check(
        cudaMemcpyAsync(values.data(), data_ + first, bytes(count), cudaMemcpyDeviceToHost, stream),
        "cudaMemcpyAsync");
    check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    return values;
  }

 private:
  static std::size_t bytes(std::int64_t count) {
    return static_cast<std::size_t>(count) * sizeof(T);
  }

  T* data_ = nullptr;
  std::int64_t count_ = 0;
};

}  // namespace derate::cuda
