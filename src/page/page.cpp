// SPDX-License-Identifier: Apache-2.0
// Data within an HTML page, as JSON without the characters that mean something to HTML, or to a CI
// runner whose log shows the page (##[...]).
#include "page/page.h"

#include <fmt/format.h>

namespace derate::page {

std::string json_for_script(const nlohmann::ordered_json& data) {
  // In ASCII, so that U+2028 and U+2029, which end a line of JavaScript, come as escapes too.
  const std::string text =
      data.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&' || c == '#') {
      safe += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string html(const nlohmann::ordered_json& data) {
  return fmt::format("{}{}{}", kBeforeData, json_for_script(data), kBehindData);
}

}  // namespace derate::page
