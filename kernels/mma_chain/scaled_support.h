// SPDX-License-Identifier: Apache-2.0
// Which architecture runs mma.sync with block scales, and how much work fills a launch of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backend/cuda/capability.h"
#include "derate/device.h"
#include "hardware/rate.h"
#include "mma_chain/support.h"

namespace derate::mma_chain {

inline constexpr const char* kScaledInstruction = "mma.sync block_scale";

/// Why it is not measured on `device`; empty when it is.
inline std::optional<std::string> mma_scaled_unsupported(const Device& device) {
  const int capability = cuda::compute_capability(device.architecture);
  if (capability == 120 || capability == 121) return std::nullopt;
  const bool has_tcgen05 = capability >= 100 && capability < 120;
  return std::string("mma.sync takes block scales on compute capability 12.x alone") +
         (has_tcgen05 ? "; here tcgen05 does" : "");
}

/// multiply_adds_per_unit() at the rate of block-scaled operands, which may be another than that of
/// plain ones.
inline double scaled_multiply_adds_per_unit(const Device& device, Precision operands) {
  const auto rate = [&](std::string_view instruction) {
    return fma_rate(device.architecture, operands, Units::tensor, product_class_of(device.name),
                    instruction);
  };
  const std::optional<Rate> usual = rate({});
  const std::optional<Rate> scaled = rate(kScaledInstruction);
  const double ratio =
      usual && scaled ? scaled->fma_per_unit_and_clock / usual->fma_per_unit_and_clock : 1;
  return ratio * multiply_adds_per_unit(device, operands);
}

}  // namespace derate::mma_chain
