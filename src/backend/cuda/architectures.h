// SPDX-License-Identifier: Apache-2.0
// Which GPUs this build has code for.
#pragma once

#include <span>

namespace derate::cuda {

/// Compute capabilities, 75 for 7.5, as the compiler was given them.
[[nodiscard]] std::span<const int> built_capabilities();

}  // namespace derate::cuda
