// SPDX-License-Identifier: Apache-2.0
// JSON as text for people: indented, and lists of numbers on one line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace derate {

[[nodiscard]] std::string json_text(const nlohmann::ordered_json& json);

}  // namespace derate
