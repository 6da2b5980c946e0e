// SPDX-License-Identifier: Apache-2.0
// Explicit instantiations of nlohmann/json for ordered_json, and the two parsing functions.
#include "base/json.h"

namespace nlohmann {

template class basic_json<ordered_map>;

namespace detail {

template class serializer<ordered_json>;

}  // namespace detail
}  // namespace nlohmann

namespace derate {

nlohmann::ordered_json parse_json(std::string_view text) {
  return nlohmann::ordered_json::parse(text);
}

nlohmann::ordered_json try_parse_json(std::string_view text) {
  return nlohmann::ordered_json::parse(text, nullptr, false);
}

}  // namespace derate
