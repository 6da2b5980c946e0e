// SPDX-License-Identifier: Apache-2.0
#include "derate/work.h"

#include <fmt/format.h>

#include <stdexcept>

namespace derate {

std::int64_t Problem::at(std::string_view name) const {
  for (const auto& [extent, value] : extents_) {
    if (extent == name) return value;
  }
  throw std::out_of_range(fmt::format("problem {} has no extent {}", str(), name));
}

std::string Problem::str() const {
  std::string text;
  for (const auto& [extent, value] : extents_) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : "/", extent, value);
  }
  return text;
}

}  // namespace derate
