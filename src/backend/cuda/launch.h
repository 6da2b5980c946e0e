// SPDX-License-Identifier: Apache-2.0
// The one function through which every kernel is launched. The emulation in tests/ replaces this
// header by one that runs the same kernel on the CPU, so no kernel may use <<<>>> itself.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <source_location>
#include <type_traits>
#include <utility>

#include "derate/cuda/check.h"
#include "derate/cuda/launch_log.h"

namespace derate::cuda {

/// A stream together with the place of the launch: a default argument cannot follow the pack of a
/// kernel's arguments, but it can be evaluated in this conversion.
struct LaunchStream {
  LaunchStream(cudaStream_t launch_stream,  // NOLINT(google-explicit-constructor)
               const std::source_location& launch_place = std::source_location::current())
      : stream(launch_stream), place(launch_place) {}

  cudaStream_t stream;
  std::source_location place;
};

/// Shared memory per block whose size the launch decides. Above 48 KiB there is no other.
struct DynamicShared {
  int bytes;
};

/// Where a block finds it, as T; aligned to 16 bytes.
template <typename T>
__device__ inline T* dynamic_shared() {
  extern __shared__ uint4 derate_dynamic_shared[];
  return reinterpret_cast<T*>(derate_dynamic_shared);
}

/// So many blocks, neighbours along x, run at the same time on multiprocessors that reach each
/// other's shared memory: from compute capability 9.0 on.
struct Cluster {
  int blocks;
};

/// Lets launches of `kernel` on this thread's device ask for so much dynamic shared memory. The
/// driver is asked once for each kernel and device, and again for more only: a launch is to cost
/// the host no second call, and several threads may drive devices.
inline void allow_dynamic_shared(const void* kernel, DynamicShared shared,
                                 const std::source_location& place) {
  constexpr int kBytesWithoutAsking = 48 * 1024;
  if (shared.bytes <= kBytesWithoutAsking) return;
  static std::mutex mutex;
  static std::map<std::pair<int, const void*>, int> allowed_bytes;
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice", place);
  const std::lock_guard<std::mutex> lock(mutex);
  int& allowed = allowed_bytes[{device, kernel}];
  if (shared.bytes <= allowed) return;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared.bytes),
        "dynamic shared memory", place);
  allowed = shared.bytes;
}

/// What a launch asks for beside its grid. `attribute` has to outlive the configuration.
inline cudaLaunchConfig_t launch_config(const void* kernel, dim3 grid, dim3 block, Cluster cluster,
                                        DynamicShared shared, const LaunchStream& on,
                                        cudaLaunchAttribute& attribute) {
  allow_dynamic_shared(kernel, shared, on.place);
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = static_cast<std::size_t>(shared.bytes);
  config.stream = on.stream;
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim = {static_cast<unsigned>(cluster.blocks), 1, 1};
  config.attrs = &attribute;
  config.numAttrs = cluster.blocks > 1 ? 1 : 0;
  return config;
}

/// Launches `kernel` in clusters, with that much dynamic shared memory, and returns at once. Throws
/// DeviceError when it cannot be launched; what goes wrong while it runs shows at the next
/// synchronisation.
template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, Cluster cluster,
            DynamicShared shared, LaunchStream on, std::type_identity_t<Parameters>... arguments) {
  cudaLaunchAttribute attribute{};
  const cudaLaunchConfig_t config = launch_config(reinterpret_cast<const void*>(kernel), grid,
                                                  block, cluster, shared, on, attribute);
  if (LaunchLog* const log = LaunchLog::open()) {
    log->add({reinterpret_cast<const void*>(kernel),
              {grid.x, grid.y, grid.z, block.x, block.y, block.z,
               static_cast<unsigned>(cluster.blocks), static_cast<unsigned>(shared.bytes)}});
  }
  check(cudaLaunchKernelEx(&config, kernel, arguments...), "kernel launch", on.place);
}

/// The same without clusters.
template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, DynamicShared shared,
            LaunchStream on, std::type_identity_t<Parameters>... arguments) {
  launch(kernel, grid, block, Cluster{1}, shared, on, arguments...);
}

/// The same without dynamic shared memory.
template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, LaunchStream on,
            std::type_identity_t<Parameters>... arguments) {
  launch(kernel, grid, block, DynamicShared{0}, on, arguments...);
}

/// How many blocks of such a launch a multiprocessor holds at the same time.
template <typename... Parameters>
int blocks_per_unit(void (*kernel)(Parameters...), dim3 block, DynamicShared shared) {
  const auto* const function = reinterpret_cast<const void*>(kernel);
  allow_dynamic_shared(function, shared, std::source_location::current());
  int blocks = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function,
                                                      static_cast<int>(block.x * block.y * block.z),
                                                      static_cast<std::size_t>(shared.bytes)),
        "blocks per multiprocessor");
  return blocks;
}

/// How many clusters of such a launch run on the device at the same time.
template <typename... Parameters>
int clusters_at_once(void (*kernel)(Parameters...), dim3 block, Cluster cluster,
                     DynamicShared shared) {
  const auto* const function = reinterpret_cast<const void*>(kernel);
  cudaLaunchAttribute attribute{};
  const cudaLaunchConfig_t config =
      launch_config(function, dim3(static_cast<unsigned>(cluster.blocks)), block, cluster, shared,
                    nullptr, attribute);
  int clusters = 0;
  check(cudaOccupancyMaxActiveClusters(&clusters, function, &config), "clusters at once");
  return clusters;
}

}  // namespace derate::cuda
