// SPDX-License-Identifier: Apache-2.0
// JSON as text for people: indented, and lists of numbers on one line.
#pragma once

#include <string>

#include "base/json.h"

namespace derate {

[[nodiscard]] std::string json_text(const nlohmann::ordered_json& json);

}  // namespace derate
