// SPDX-License-Identifier: Apache-2.0
// Replaces NaN and Infinity by null or an empty string, and blanks out what is around the longest
// value; offsets and line numbers stay as they are.
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

struct Extent {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};

/// Whether an object with a member or a list of objects may begin here: a log has other brackets
/// too.
bool begins_json_at(std::string_view text, std::size_t at) {
  if (text[at] != '{' && text[at] != '[') return false;
  const std::size_t next = text.find_first_not_of(kSpace, at + 1);
  if (next == std::string_view::npos) return false;
  return text[at] == '{' ? text[next] == '"' || text[next] == '}'
                         : text[next] == '{' || text[next] == '[' || text[next] == ']';
}

/// Where the value that begins at `at` ends; the end of the text where it was cut.
std::size_t end_of_json(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return at + 1;
    }
  }
  return text.size();
}

/// The longest value: a log may be of JSON too, a line each.
Extent longest_json(std::string_view text) {
  Extent longest;
  for (std::size_t at = text.find_first_of("{["); at != std::string_view::npos;) {
    std::size_t end = at + 1;
    if (begins_json_at(text, at)) {
      end = end_of_json(text, at);
      const bool is_first = longest.begin == std::string_view::npos;
      if (is_first || end - at > longest.end - longest.begin) longest = {at, end};
    }
    at = text.find_first_of("{[", end);
  }
  return longest;
}

void blank_around_json(std::string& text) {
  const Extent json = longest_json(text);
  if (json.begin == std::string_view::npos) return;
  blank(text, 0, json.begin);
  blank(text, json.end, text.size());
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

bool holds_json(std::string_view text) {
  for (std::size_t at = text.find_first_of("{["); at != std::string_view::npos;
       at = text.find_first_of("{[", at + 1)) {
    if (begins_json_at(text, at)) return true;
  }
  return false;
}

void make_strict_json(std::string& text) {
  blank_around_json(text);
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
