// SPDX-License-Identifier: Apache-2.0
// Replaces NaN and Infinity by null or an empty string, and blanks out what precedes the first
// object; offsets and line numbers stay as they are.
#include "base/strict_json.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace derate {
namespace {

void blank_lines_before_json(std::string& text) {
  if (text.starts_with('{')) return;
  const std::size_t line = text.find("\n{");
  if (line == std::string::npos) return;
  std::replace_if(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(line),
      [](char c) { return c != '\n'; }, ' ');
}

/// Length of the word at `at` that is no number of JSON but means one; 0 for anything else.
std::size_t length_of_no_number(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 3> kWords = {"infinity", "inf", "nan"};
  const std::size_t sign = text[at] == '-' || text[at] == '+' ? 1 : 0;
  for (const std::string_view word : kWords) {
    const std::string_view here = text.substr(at + sign, word.size());
    const bool same =
        std::equal(here.begin(), here.end(), word.begin(), word.end(),
                   [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    const std::size_t end = at + sign + word.size();
    const bool ends =
        end >= text.size() || std::isalnum(static_cast<unsigned char>(text[end])) == 0;
    if (same && ends) return sign + word.size();
  }
  return 0;
}

}  // namespace

void make_strict_json(std::string& text) {
  blank_lines_before_json(text);
  constexpr std::string_view kNull = "null";
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (in_string) {
      if (text[at] == '"') in_string = false;
      if (text[at] == '\\') ++at;
      continue;
    }
    if (text[at] == '"') in_string = true;
    const std::size_t length = length_of_no_number(text, at);
    if (length == 0) continue;
    // "nan" is shorter than "null": an empty string, which is no number either.
    const std::string_view with = length < kNull.size() ? "\"\"" : kNull;
    std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), length, ' ');
    std::copy(with.begin(), with.end(), text.begin() + static_cast<std::ptrdiff_t>(at));
    at += length - 1;
  }
}

}  // namespace derate
