// SPDX-License-Identifier: Apache-2.0
// How many blocks of a kernel are on a GPU at the same time: a wave of its grid.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "derate/cuda/check.h"
#include "derate/device.h"

namespace derate::cuda {

/// Without dynamic shared memory, on the current device, which is `device`.
template <typename... Parameters>
std::int64_t blocks_of_a_wave(void (*kernel)(Parameters...), int threads, const Device& device) {
  int of_an_sm = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
            &of_an_sm, reinterpret_cast<const void*>(kernel), threads, 0),
        "blocks of a wave");
  return of_an_sm * static_cast<std::int64_t>(device.compute_units);
}

}  // namespace derate::cuda
