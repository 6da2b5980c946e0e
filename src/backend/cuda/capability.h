// SPDX-License-Identifier: Apache-2.0
// The compute capability in an architecture's name.
#pragma once

#include <charconv>
#include <string_view>

namespace derate::cuda {

/// 90 for "sm_90"; 0 for what is no such name.
[[nodiscard]] inline int compute_capability(std::string_view architecture) {
  int number = 0;
  if (!architecture.starts_with("sm_")) return 0;
  const std::string_view digits = architecture.substr(3);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace derate::cuda
