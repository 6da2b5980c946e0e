// SPDX-License-Identifier: Apache-2.0
// nlohmann/json, compiled once: what its templates come to for ordered_json stands in json.cpp,
// and files that include this header only call it.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace nlohmann {

extern template class basic_json<ordered_map>;

namespace detail {

extern template class serializer<ordered_json>;

}  // namespace detail
}  // namespace nlohmann

namespace derate {

/// Throws nlohmann::json::parse_error.
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view text);

/// The same without throwing: what is no JSON is_discarded().
[[nodiscard]] nlohmann::ordered_json try_parse_json(std::string_view text);

}  // namespace derate
