// SPDX-License-Identifier: Apache-2.0
// What the driver says about the GPUs of this machine.
#pragma once

#include "backend/cuda/nvml.h"
#include "derate/backend.h"

namespace derate::cuda {

/// Every GPU that CUDA offers; without one, the reason. Never throws, and creates no context.
[[nodiscard]] Probe probe();

/// Where NVML finds CUDA's device `index`; throws DeviceError.
[[nodiscard]] GpuAddress gpu_address(int index);

/// Whether the compute mode of CUDA's device `index` leaves it to one process at a time.
[[nodiscard]] bool admits_one_process(int index);

}  // namespace derate::cuda
