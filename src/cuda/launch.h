// SPDX-License-Identifier: Apache-2.0
// The one function through which every kernel is launched. The emulation in tests/ replaces this
// header by one that runs the same kernel on the CPU, so no kernel may use <<<>>> itself.
#pragma once

#include <cuda_runtime.h>

#include <source_location>
#include <type_traits>

#include "cuda/check.h"

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

/// Launches `kernel` and returns at once. Throws DeviceError when it cannot be launched; what goes
/// wrong while it runs shows at the next synchronisation.
template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, LaunchStream on,
            std::type_identity_t<Parameters>... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = on.stream;
  check(cudaLaunchKernelEx(&config, kernel, arguments...), "kernel launch", on.place);
}

}  // namespace derate::cuda
