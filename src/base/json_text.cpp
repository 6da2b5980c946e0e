// SPDX-License-Identifier: Apache-2.0
// Indents by two; objects and lists of anything but numbers get a line for each item.
#include "base/json_text.h"

#include <algorithm>

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

bool is_short(const Json& json) {
  if (!json.is_structured() || json.empty()) return true;
  return json.is_array() &&
         std::all_of(json.begin(), json.end(), [](const Json& each) { return each.is_number(); });
}

void write(const Json& json, std::size_t indent, std::string& out) {
  if (is_short(json)) {
    out += dumped(json);
    return;
  }
  const std::string margin(indent + 2, ' ');
  out += json.is_object() ? '{' : '[';
  bool is_first = true;
  for (const auto& [key, value] : json.items()) {
    out += (is_first ? "\n" : ",\n") + margin;
    if (json.is_object()) out += dumped(key) + ": ";
    write(value, indent + 2, out);
    is_first = false;
  }
  out += '\n' + std::string(indent, ' ') + (json.is_object() ? '}' : ']');
}

}  // namespace

std::string json_text(const Json& json) {
  std::string out;
  write(json, 0, out);
  return out;
}

}  // namespace derate
