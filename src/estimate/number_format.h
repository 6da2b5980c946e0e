// SPDX-License-Identifier: Apache-2.0
// Formats in which weights, keys and values are stored, beyond those that devices multiply in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace derate {

/// Bytes of one number, with its share of the scale of its group; empty for a name that is none.
[[nodiscard]] std::optional<double> stored_bytes(std::string_view name);
[[nodiscard]] std::vector<std::string> stored_format_names();

}  // namespace derate
