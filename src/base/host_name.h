// SPDX-License-Identifier: Apache-2.0
// What this machine calls itself.
#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace derate {

/// Empty where the system does not tell.
[[nodiscard]] inline std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace derate
