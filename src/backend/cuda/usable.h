// SPDX-License-Identifier: Apache-2.0
// Why a GPU that is there cannot be used, in words. No CUDA header here.
#pragma once

#include <algorithm>
#include <span>
#include <string>

namespace derate::cuda {

/// "7.5" for 75.
[[nodiscard]] inline std::string capability_text(int capability) {
  return std::to_string(capability / 10) + "." + std::to_string(capability % 10);
}

/// Why nothing can run on a GPU of this compute capability (75 for 7.5); empty when something may.
/// `built_for` are the capabilities that this build has code for.
[[nodiscard]] inline std::string why_unusable(int capability, std::span<const int> built_for,
                                              bool prohibited) {
  const auto lowest = std::min_element(built_for.begin(), built_for.end());
  if (lowest != built_for.end() && capability < *lowest) {
    return "this build has code for compute capability " + capability_text(*lowest) +
           " and newer; this device has " + capability_text(capability);
  }
  if (prohibited) return "its compute mode is Prohibited, in which no program may use it";
  return "";
}

/// For a GPU that refuses to be opened because its compute mode admits one process at a time.
inline constexpr const char* kHeldExclusively =
    "another process holds the device exclusively: its compute mode admits one process at a time";

}  // namespace derate::cuda
