// SPDX-License-Identifier: Apache-2.0
// The four formats of every table that derate prints.
#pragma once

#include <optional>
#include <string_view>

namespace derate {

enum class Format { table, markdown, csv, json };

/// "table", "markdown", "csv" or "json"; empty for anything else.
[[nodiscard]] std::optional<Format> parse_format(std::string_view word);

}  // namespace derate
