// SPDX-License-Identifier: Apache-2.0
// CUDA status codes become DeviceError here, and nowhere else.
#pragma once

#include <cuda_runtime.h>

#include <source_location>
#include <string>

namespace derate::cuda {

/// Returns when `status` is cudaSuccess; otherwise throws DeviceError that names `call`, the error
/// and the place. Its lost() is true when the device refuses everything from now on.
void check(cudaError_t status, const char* call,
           const std::source_location& place = std::source_location::current());

/// "buffer.h:32": a place without the path that the program was built in.
[[nodiscard]] std::string to_string(const std::source_location& place);

}  // namespace derate::cuda
