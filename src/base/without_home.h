// SPDX-License-Identifier: Apache-2.0
// Paths as they may be recorded: messages go into records, and records are shared.
#pragma once

#include <string>

namespace derate {

/// `text` with "~" for the folder `home`, where a path in it begins with that; unchanged for "" and
/// for "/".
[[nodiscard]] std::string without_home(std::string text, const std::string& home);

}  // namespace derate
