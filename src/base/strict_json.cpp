// SPDX-License-Identifier: Apache-2.0
// Replaces NaN and Infinity by null or an empty string, and blanks out what precedes the first
// object or follows its end; offsets and line numbers stay as they are.
#include "base/strict_json.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace derate {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

void blank(std::string& text, std::size_t from, std::size_t to) {
  std::replace_if(
      text.begin() + static_cast<std::ptrdiff_t>(from),
      text.begin() + static_cast<std::ptrdiff_t>(to), [](char c) { return c != '\n'; }, ' ');
}

void blank_lines_before_json(std::string& text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos || text[first] == '{') return;
  const std::size_t line = text.find("\n{", first);
  if (line != std::string::npos) blank(text, 0, line);
}

/// What a program says when it has written its JSON.
void blank_lines_behind_json(std::string& text) {
  const std::size_t last = text.rfind("\n}");
  if (last == std::string::npos) return;
  const std::size_t next = text.find_first_not_of(kSpace, last + 2);
  if (next == std::string::npos) return;
  // An object within may end so too, where the brace of the whole does not stand alone.
  if (std::string_view(",]}").find(text[next]) != std::string_view::npos) return;
  blank(text, last + 2, text.size());
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
  blank_lines_behind_json(text);
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
