// SPDX-License-Identifier: Apache-2.0
// Operand values computed on the device, so that no array crosses the bus.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "derate/cuda/number_format.h"
#include "derate/workload.h"

namespace derate::cuda {

/// Writes element(pattern, seed, i), rounded to T, for 0 <= i < count. Returns at once.
void fill(float* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
          cudaStream_t stream);
void fill(double* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
          cudaStream_t stream);
/// For every format that NumberFormat knows.
template <Precision kFormat>
void fill(Number<kFormat>* values, std::int64_t count, DataPattern pattern, std::uint64_t seed,
          cudaStream_t stream);

}  // namespace derate::cuda
