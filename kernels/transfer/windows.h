// SPDX-License-Identifier: Apache-2.0
// Which parts of what arrived are compared: all of a gigabyte would take longer than sending it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace derate::transfer {

/// Calls `compare_at(first, count)` for all of a small array, and for 64 windows of a large one,
/// its two ends included.
template <typename CompareAt>
std::optional<std::string> compare_windows(std::int64_t elements, const CompareAt& compare_at) {
  constexpr std::int64_t kWindow = 4096;
  constexpr std::int64_t kWindows = 64;
  if (elements <= kWindow * kWindows) return compare_at(0, elements);
  for (std::int64_t window = 0; window < kWindows; ++window) {
    // The last begins where the array ends, less a window.
    const std::int64_t first = (elements - kWindow) * window / (kWindows - 1);
    if (auto wrong = compare_at(first, kWindow)) return wrong;
  }
  return std::nullopt;
}

}  // namespace derate::transfer
