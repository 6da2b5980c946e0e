// SPDX-License-Identifier: Apache-2.0
// Bytes as text (RFC 4648, with padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace derate {

[[nodiscard]] std::string base64(std::string_view bytes);
/// Nothing for what base64() does not write.
[[nodiscard]] std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace derate
