// SPDX-License-Identifier: Apache-2.0
// Stands in for src/cuda/launch.h: the same function, but the kernel runs on the CPU.
#pragma once

#include <cuda_runtime.h>

#include <cstdlib>
#include <memory>
#include <type_traits>

#include "fibers.h"

namespace derate::cuda {

struct DynamicShared {
  int bytes;
};

/// Of the launch that runs. From the heap, so that AddressSanitizer guards its ends.
inline std::unique_ptr<std::byte, decltype(&std::free)>& dynamic_shared_memory() {
  static std::unique_ptr<std::byte, decltype(&std::free)> memory(nullptr, &std::free);
  return memory;
}

template <typename T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(dynamic_shared_memory().get());
}

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, DynamicShared shared,
            cudaStream_t stream, std::type_identity_t<Parameters>... arguments) {
  if (emulation::recording != nullptr) {
    emulation::recording->push_back(
        [=](cudaStream_t on) { launch(kernel, grid, block, shared, on, arguments...); });
    return;
  }
  const auto bytes = static_cast<std::size_t>(shared.bytes);
  dynamic_shared_memory().reset(static_cast<std::byte*>(std::malloc(bytes)));
  // All bits set is NaN: nothing is to be found there that was not put there.
  if (bytes > 0) std::memset(dynamic_shared_memory().get(), 0xFF, bytes);
  const emulation::Schedule forward;
  emulation::run_grid(grid, block, stream == nullptr ? forward : *stream,
                      [&] { kernel(arguments...); });
}

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
            std::type_identity_t<Parameters>... arguments) {
  launch(kernel, grid, block, DynamicShared{0}, stream, arguments...);
}

}  // namespace derate::cuda
