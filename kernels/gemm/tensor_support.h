// SPDX-License-Identifier: Apache-2.0
// Which architecture multiplies which format on tensor units.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backend/cuda/capability.h"
#include "derate/device.h"
#include "derate/work.h"

namespace derate::gemm {

/// Why `who` has no product of such operands on `device`; empty where it has.
inline std::optional<std::string> tensor_units_unsupported(std::string_view who, Precision operands,
                                                           const Device& device) {
  const bool oldest = operands == Precision::f16 || operands == Precision::i8;
  const int first = operands == Precision::fp8 ? 89 : oldest ? 75 : 80;
  if (cuda::compute_capability(device.architecture) >= first) return std::nullopt;
  return std::string(who) + " multiplies " + std::string(to_string(operands)) +
         " on tensor units from compute capability " + std::to_string(first / 10) + "." +
         std::to_string(first % 10) + " on";
}

}  // namespace derate::gemm
