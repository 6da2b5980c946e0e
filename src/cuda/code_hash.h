// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "cuda/launch_log.h"

namespace derate::cuda {

/// Of the machine code of these kernels in this very program, as the current device loaded it, and
/// of the shapes of their launches; neither names nor arguments count. Empty where nothing was
/// launched, where the driver made the code of one from PTX, and where it cannot be found or read.
[[nodiscard]] std::string code_hash(const std::set<Launched>& launched);

}  // namespace derate::cuda
