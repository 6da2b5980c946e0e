// SPDX-License-Identifier: Apache-2.0
// Stands in for src/backend/cuda/occupancy.h: an SM that holds two blocks of any kernel.
#pragma once

#include <cstdint>

#include "derate/device.h"

namespace derate::cuda {

template <typename... Parameters>
std::int64_t blocks_of_a_wave(void (*)(Parameters...), int, const Device& device) {
  return 2 * static_cast<std::int64_t>(device.compute_units);
}

}  // namespace derate::cuda
