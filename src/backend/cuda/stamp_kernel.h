// SPDX-License-Identifier: Apache-2.0
// Stamps of every SM's clock, taken on the device between two pieces of work of a stream.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "backend/cuda/stamps.h"

namespace derate::cuda {

/// Number of stamps that one call of stamp_sms() writes: two blocks per SM, so that no SM is left
/// out where the first round of blocks is not spread evenly.
[[nodiscard]] constexpr int stamp_count(int sms) { return 2 * sms; }

/// Writes stamp_count(sms) stamps once everything before it in `stream` has finished. It first
/// waits `delay_ns` on the device, which lets the host queue what comes after it.
void stamp_sms(Stamp* stamps, int sms, std::uint64_t delay_ns, cudaStream_t stream);

}  // namespace derate::cuda
