// SPDX-License-Identifier: Apache-2.0
// A hash of the machine code that a GPU ran: equal hashes of two builds mean that a difference in
// time is not due to the code.
#pragma once

#include <span>
#include <string>

#include "derate/cuda/launch_log.h"

namespace derate::cuda {

/// Of the machine code of these launches' kernels in this very program, as the current device
/// loaded it, and of their shapes; neither names, nor order, nor arguments count. Empty where
/// nothing was launched, where the driver made the code of one from PTX, and where it cannot be
/// found or read.
[[nodiscard]] std::string code_hash(std::span<const Launched> launched);

}  // namespace derate::cuda
