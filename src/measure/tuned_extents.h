// SPDX-License-Identifier: Apache-2.0
// Reading a problem back from the text that Problem::str() makes of it.
#pragma once

#include <charconv>
#include <string_view>
#include <vector>

namespace derate {

struct TunedExtent {
  std::string_view name;
  double value = 0;
};

/// {"m", 512}, ... of "m:512/n:512/k:512"; empty for a text that is none such. The names are views
/// of `text`.
[[nodiscard]] inline std::vector<TunedExtent> tuned_extents(std::string_view text) {
  std::vector<TunedExtent> extents;
  while (!text.empty()) {
    const std::string_view extent = text.substr(0, text.find('/'));
    const std::size_t colon = extent.find(':');
    if (colon == 0 || colon == std::string_view::npos) return {};
    const std::string_view digits = extent.substr(colon + 1);
    double value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [read_to, failed] = std::from_chars(digits.data(), end, value);
    if (failed != std::errc{} || read_to != end || !(value > 0)) return {};
    extents.push_back({extent.substr(0, colon), value});
    text.remove_prefix(extent.size() == text.size() ? text.size() : extent.size() + 1);
  }
  return extents;
}

}  // namespace derate
