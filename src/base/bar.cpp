// SPDX-License-Identifier: Apache-2.0
// Whole blocks, and one of the seven narrower ones at the end.
#include "base/bar.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace derate {

std::string bar(double share, std::size_t cells) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double full = std::clamp(share, 0.0, 1.0) * static_cast<double>(cells) * 8;
  const auto eighths = static_cast<std::size_t>(std::lround(full));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  return text;
}

}  // namespace derate
