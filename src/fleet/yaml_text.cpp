// SPDX-License-Identifier: Apache-2.0
// Keys that are plain words stand without quotes; what is empty stays as JSON has it.
#include "fleet/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace derate::fleet {
namespace {

using Json = nlohmann::ordered_json;

/// Whether YAML, of any version, takes a key for this very text.
bool is_plain_key(std::string_view key) {
  constexpr std::array<std::string_view, 9> kWords = {"true", "false", "yes", "no", "on",
                                                      "off",  "null",  "y",   "n"};
  std::string lower(key);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return !key.empty() &&
         std::all_of(lower.begin(), lower.end(), [](char c) { return c >= 'a' && c <= 'z'; }) &&
         std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

bool is_block(const Json& json) { return json.is_structured() && !json.empty(); }

void write_block(const Json& json, std::size_t indent, bool is_behind_dash, std::string& text);

/// What stands behind a key or a dash.
void write_value(const Json& json, std::size_t indent, std::string& text) {
  if (is_block(json)) {
    text += "\n";
    write_block(json, indent, false, text);
  } else {
    text += " " + dumped(json) + "\n";
  }
}

void write_block(const Json& json, std::size_t indent, bool is_behind_dash, std::string& text) {
  bool margin = !is_behind_dash;  // the first line stands behind the dash
  for (const auto& [key, value] : json.items()) {
    if (margin) text.append(indent, ' ');
    margin = true;
    if (json.is_object()) {
      text += (is_plain_key(key) ? key : dumped(key)) + ":";
      write_value(value, indent + 2, text);
    } else if (value.is_object() && !value.empty()) {
      text += "- ";
      write_block(value, indent + 2, true, text);
    } else {
      text += "-";
      write_value(value, indent + 2, text);
    }
  }
}

}  // namespace

std::string yaml_text(const nlohmann::ordered_json& json) {
  std::string text;
  write_block(json, 0, false, text);
  return text;
}

}  // namespace derate::fleet
