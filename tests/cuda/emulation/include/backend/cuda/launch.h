// SPDX-License-Identifier: Apache-2.0
// Stands in for src/backend/cuda/launch.h: the same function, but the kernel runs on the CPU.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "derate/error.h"
#include "fibers.h"

namespace derate::cuda {

struct DynamicShared {
  int bytes;
};

struct Cluster {
  int blocks;
};

struct Free {
  void operator()(std::byte* memory) const { std::free(memory); }
};

/// Of a block of the cluster that runs. From the heap, so that AddressSanitizer guards its ends.
inline std::unique_ptr<std::byte, Free>& dynamic_shared_memory(unsigned rank) {
  static std::array<std::unique_ptr<std::byte, Free>, emulation::kMostClusterBlocks> memory;
  return memory[rank];
}

template <typename T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(dynamic_shared_memory(emulation::position().rank).get());
}

/// The same place in another block of the cluster.
template <typename T>
T* in_block(unsigned rank, T* own) {
  if (rank >= emulation::position().cluster_blocks || emulation::has_ended(rank)) {
    throw DeviceError("a block of the cluster is reached that is not there", false);
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(dynamic_shared<std::byte>());
  const auto offset = reinterpret_cast<std::uintptr_t>(own) - begin;
  return reinterpret_cast<T*>(dynamic_shared_memory(rank).get() + offset);
}

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, Cluster cluster,
            DynamicShared shared, cudaStream_t stream,
            std::type_identity_t<Parameters>... arguments) {
  if (emulation::recording != nullptr) {
    emulation::recording->push_back(
        [=](cudaStream_t on) { launch(kernel, grid, block, cluster, shared, on, arguments...); });
    return;
  }
  const auto bytes = static_cast<std::size_t>(shared.bytes);
  const auto blocks = static_cast<unsigned>(cluster.blocks);
  for (unsigned rank = 0; rank < blocks; ++rank) {
    auto& memory = dynamic_shared_memory(rank);
    memory.reset(static_cast<std::byte*>(std::malloc(bytes)));
    // All bits set is NaN: nothing is to be found there that was not put there.
    if (bytes > 0) std::memset(memory.get(), 0xFF, bytes);
  }
  const emulation::Schedule forward;
  emulation::run_grid(
      grid, block, stream == nullptr ? forward : *stream, [&] { kernel(arguments...); }, blocks);
}

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, DynamicShared shared,
            cudaStream_t stream, std::type_identity_t<Parameters>... arguments) {
  launch(kernel, grid, block, Cluster{1}, shared, stream, arguments...);
}

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
            std::type_identity_t<Parameters>... arguments) {
  launch(kernel, grid, block, DynamicShared{0}, stream, arguments...);
}

/// Two, so that an awkward number of tiles leaves a wave unfilled.
template <typename... Parameters>
int blocks_per_unit(void (*)(Parameters...), dim3, DynamicShared) {
  return 2;
}

/// Few, so that each has several tiles to go through.
template <typename... Parameters>
int clusters_at_once(void (*)(Parameters...), dim3, Cluster, DynamicShared) {
  return 2;
}

}  // namespace derate::cuda
