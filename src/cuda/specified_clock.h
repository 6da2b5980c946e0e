// SPDX-License-Identifier: Apache-2.0
// Boost clocks of NVIDIA's data sheets, which no driver call returns. No CUDA header here.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "derate/device.h"

namespace derate::cuda {

struct SpecifiedClock {
  std::string_view product;  ///< exactly as the driver names it
  double boost_mhz;
  std::string_view source;
};

/// Only products whose FP32 figure on the data sheet equals 2·N·C with this clock. A name that is
/// not here has no specified clock: the chip's other products are clocked differently.
inline constexpr std::array kSpecifiedClocks = {
    SpecifiedClock{"NVIDIA H200", 1980, "NVIDIA H200 data sheet, FP32 66.9 TFLOPS"},
    SpecifiedClock{"NVIDIA H100 80GB HBM3", 1980, "NVIDIA H100 SXM5 data sheet, FP32 66.9 TFLOPS"},
    SpecifiedClock{"NVIDIA H100 PCIe", 1755, "NVIDIA H100 PCIe data sheet, FP32 51.2 TFLOPS"},
    SpecifiedClock{"NVIDIA A100-SXM4-40GB", 1410, "NVIDIA A100 data sheet, FP32 19.5 TFLOPS"},
    SpecifiedClock{"NVIDIA A100-SXM4-80GB", 1410, "NVIDIA A100 data sheet, FP32 19.5 TFLOPS"},
    SpecifiedClock{"NVIDIA A30", 1440, "NVIDIA A30 data sheet, FP32 10.3 TFLOPS"},
    SpecifiedClock{"NVIDIA A10", 1695, "NVIDIA A10 data sheet, FP32 31.2 TFLOPS"},
    SpecifiedClock{"NVIDIA L4", 2040, "NVIDIA L4 data sheet, FP32 30.3 TFLOPS"},
    SpecifiedClock{"NVIDIA L40S", 2520, "NVIDIA L40S data sheet, FP32 91.6 TFLOPS"},
    SpecifiedClock{"Tesla P40", 1531, "NVIDIA Tesla P40 data sheet, FP32 12 TFLOPS"},
    SpecifiedClock{"Tesla V100-SXM2-16GB", 1530, "NVIDIA V100 data sheet, FP32 15.7 TFLOPS"},
    SpecifiedClock{"Tesla V100-SXM2-32GB", 1530, "NVIDIA V100 data sheet, FP32 15.7 TFLOPS"},
    SpecifiedClock{"Tesla T4", 1590, "NVIDIA T4 data sheet, FP32 8.1 TFLOPS"},
    SpecifiedClock{"NVIDIA GeForce RTX 3090", 1695, "NVIDIA GA102 white paper, FP32 35.6 TFLOPS"},
    SpecifiedClock{"NVIDIA GeForce RTX 4090", 2520, "NVIDIA Ada white paper, FP32 82.6 TFLOPS"},
    SpecifiedClock{"NVIDIA GeForce RTX 5090", 2407, "NVIDIA Blackwell white paper, 104.8 TFLOPS"},
};

/// The boost clock of the product with exactly this name; otherwise no value, and why.
[[nodiscard]] inline Fact specified_clock_hz(std::string_view product) {
  const auto* const row =
      std::find_if(kSpecifiedClocks.begin(), kSpecifiedClocks.end(),
                   [product](const SpecifiedClock& clock) { return clock.product == product; });
  if (row == kSpecifiedClocks.end()) {
    return {{}, "no data-sheet clock is on record for a product of this name"};
  }
  return {row->boost_mhz * 1e6, std::string(row->source)};
}

}  // namespace derate::cuda
