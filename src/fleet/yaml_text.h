// SPDX-License-Identifier: Apache-2.0
// JSON as YAML that people like to read: blocks of indented lines. Every string stays between the
// quotes of JSON, which are YAML's too, so none is taken for a number, a truth value or markup.
#pragma once

#include <string>

#include "base/json.h"

namespace derate::fleet {

/// Of an object or a list; lines that end.
[[nodiscard]] std::string yaml_text(const nlohmann::ordered_json& json);

}  // namespace derate::fleet
