// SPDX-License-Identifier: Apache-2.0
// Which architecture runs which of these instructions, and how much work fills a launch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/cuda/capability.h"
#include "derate/device.h"
#include "derate/work.h"
#include "hardware/rate.h"

namespace derate::mma_chain {

/// Why mma.sync with such operands is not measured on `device`; empty when it is.
template <typename T>
std::optional<std::string> mma_sync_unsupported(const Device& device) {
  const int capability = cuda::compute_capability(device.architecture);
  const std::string format(to_string(T::kOperands));
  constexpr bool kFp8 = T::kOperands == Precision::fp8;
  constexpr bool kOldest = T::kOperands == Precision::f16 || T::kOperands == Precision::i8;
  const int first = kFp8 ? 89 : kOldest ? 75 : 80;
  if (capability < first) {
    return "mma.sync takes " + format + " from compute capability " + std::to_string(first / 10) +
           "." + std::to_string(first % 10) + " on";
  }
  if (kFp8 && (capability == 90 || (capability >= 100 && capability < 120))) {
    return device.architecture + " has no instruction for mma.sync with fp8: the compiler makes " +
           "f16 ones of it" + (capability == 90 ? "; wgmma is what computes in fp8 here" : "");
  }
  if (kFp8 && capability > 121) {
    return "whether " + device.architecture +
           " has an instruction for mma.sync with fp8 is not known to this version";
  }
  const bool rated = fma_rate(device.architecture, T::kOperands, Units::tensor).has_value();
  if (T::kOperands == Precision::f64 && !rated) {
    return "no source gives " + device.architecture +
           " f64 tensor units; fma_chain measures the f64 units that it has";
  }
  return std::nullopt;
}

/// Likewise for wgmma.
inline std::optional<std::string> wgmma_unsupported(const Device& device) {
  if (device.architecture == "sm_90") return std::nullopt;
  return "wgmma is an instruction of Hopper (sm_90) alone";
}

/// Multiply-adds per SM for a launch of about 12 ms at 2 GHz, long enough for its clock to be read
/// from the device's timer to 0.1 %: at the peak, so that what reaches half of it takes twice as
/// long. Without a known rate, at that of the slowest tensor units known.
inline double multiply_adds_per_unit(const Device& device, Precision operands) {
  constexpr double kClocks = 24e6;
  constexpr double kSlowest = 64;
  const std::optional<Rate> rate =
      fma_rate(device.architecture, operands, Units::tensor, product_class_of(device.name));
  return kClocks * (rate ? rate->fma_per_unit_and_clock : kSlowest);
}

}  // namespace derate::mma_chain
