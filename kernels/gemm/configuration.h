// SPDX-License-Identifier: Apache-2.0
// Finding the configuration that an Operands names.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace derate::gemm {

/// Position of `wanted` in `names`. Throws std::invalid_argument where it is none of them.
inline std::size_t place_of_configuration(const std::string& wanted,
                                          const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end()) throw std::invalid_argument("no configuration \"" + wanted + "\"");
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace derate::gemm
