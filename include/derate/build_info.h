// SPDX-License-Identifier: Apache-2.0
// Which derate this is.
#pragma once

#include <string>

namespace derate {

struct BuildInfo {
  std::string version;     ///< project version
  std::string commit;      ///< git commit of the sources, with "-dirty" for uncommitted changes
  std::string build_type;  ///< "Release", "Debug", ...
};

[[nodiscard]] BuildInfo build_info();

}  // namespace derate
