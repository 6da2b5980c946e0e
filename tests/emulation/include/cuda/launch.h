// SPDX-License-Identifier: Apache-2.0
// Stands in for src/cuda/launch.h: the same function, but the kernel runs on the CPU.
#pragma once

#include <cuda_runtime.h>

#include <type_traits>

#include "fibers.h"

namespace derate::cuda {

template <typename... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
            std::type_identity_t<Parameters>... arguments) {
  if (emulation::recording != nullptr) {
    emulation::recording->push_back(
        [=](cudaStream_t on) { launch(kernel, grid, block, on, arguments...); });
    return;
  }
  const emulation::Schedule forward;
  emulation::run_grid(grid, block, stream == nullptr ? forward : *stream,
                      [&] { kernel(arguments...); });
}

}  // namespace derate::cuda
