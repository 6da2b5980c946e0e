// SPDX-License-Identifier: Apache-2.0
// Why there is no CUDA device, in one sentence that says what to do. No CUDA header here.
#pragma once

#include <string>

namespace derate::cuda {

/// "13.0" for 13000, the way that CUDA counts its versions.
[[nodiscard]] inline std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// What counting the devices ended with.
struct CountResult {
  std::string error_name;      ///< "cudaErrorNoDevice"; "cudaSuccess" with a count of 0
  std::string error_sentence;  ///< the runtime's own words
  int driver_version = 0;      ///< newest CUDA version that the driver supports; 0 without one
  int runtime_version = 0;     ///< CUDA version of this program
};

[[nodiscard]] inline std::string no_device_reason(const CountResult& result) {
  // The runtime reports a missing driver and an old one with the same error.
  if (result.driver_version == 0) {
    return "no NVIDIA driver is installed or loaded (or this is a container that was started "
           "without "
           "access to the GPUs)";
  }
  if (result.error_name == "cudaErrorInsufficientDriver") {
    return "the NVIDIA driver supports CUDA " + version_text(result.driver_version) +
           ", but this program was built with CUDA " + version_text(result.runtime_version) +
           ": update the driver, or build with an older toolkit";
  }
  if (result.error_name == "cudaErrorNoDevice" || result.error_name == "cudaSuccess") {
    return "the NVIDIA driver is loaded but offers no GPU (none is installed, or "
           "CUDA_VISIBLE_DEVICES hides them all)";
  }
  return "counting the GPUs failed with " + result.error_name + " (" + result.error_sentence + ")";
}

}  // namespace derate::cuda
