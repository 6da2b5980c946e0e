// SPDX-License-Identifier: Apache-2.0
// Every medium but JSON begins with the same visible text, and escapes its own syntax in that.
#include "base/safe_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/fit_text.h"

namespace derate::safe_text {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Control characters, spaces other than the blank, what has no width or directs the writing, and
/// what is no character, in ascending order (Unicode 15: General_Category Cc, Cf and Z*,
/// Default_Ignorable_Code_Point, Noncharacter_Code_Point; the Braille blank).
constexpr std::array kUnseen = {
    Range{0x0, 0x1F},        Range{0x7F, 0xA0},       Range{0xAD, 0xAD},
    Range{0x34F, 0x34F},     Range{0x600, 0x605},     Range{0x61C, 0x61C},
    Range{0x6DD, 0x6DD},     Range{0x70F, 0x70F},     Range{0x890, 0x891},
    Range{0x8E2, 0x8E2},     Range{0x115F, 0x1160},   Range{0x1680, 0x1680},
    Range{0x17B4, 0x17B5},   Range{0x180B, 0x180F},   Range{0x2000, 0x200F},
    Range{0x2028, 0x202F},   Range{0x205F, 0x206F},   Range{0x2800, 0x2800},
    Range{0x3000, 0x3000},   Range{0x3164, 0x3164},   Range{0xFDD0, 0xFDEF},
    Range{0xFE00, 0xFE0F},   Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},
    Range{0xFFF0, 0xFFFB},   Range{0xFFFE, 0xFFFF},   Range{0x110BD, 0x110BD},
    Range{0x110CD, 0x110CD}, Range{0x13430, 0x1343F}, Range{0x1BCA0, 0x1BCA3},
    Range{0x1D173, 0x1D17A}, Range{0x1FFFE, 0x1FFFF}, Range{0x2FFFE, 0x2FFFF},
    Range{0x3FFFE, 0x3FFFF}, Range{0x4FFFE, 0x4FFFF}, Range{0x5FFFE, 0x5FFFF},
    Range{0x6FFFE, 0x6FFFF}, Range{0x7FFFE, 0x7FFFF}, Range{0x8FFFE, 0x8FFFF},
    Range{0x9FFFE, 0x9FFFF}, Range{0xAFFFE, 0xAFFFF}, Range{0xBFFFE, 0xBFFFF},
    Range{0xCFFFE, 0xCFFFF}, Range{0xDFFFE, 0xDFFFF}, Range{0xE0000, 0xE0FFF},
    Range{0xEFFFE, 0xEFFFF}, Range{0xFFFFE, 0xFFFFF}, Range{0x10FFFE, 0x10FFFF}};

bool is_seen(char32_t code) {
  if (code < 0x7F) return code >= 0x20;
  const auto* const range =
      std::lower_bound(kUnseen.begin(), kUnseen.end(), code,
                       [](const Range& each, char32_t value) { return each.last < value; });
  return range == kUnseen.end() || code < range->first;
}

/// Bytes of the character that begins `text`, by its first byte; 0 for one that begins none.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

/// What begins a text: a character, or one byte that is not UTF-8.
struct Unit {
  std::size_t length = 1;
  char32_t code = 0;
  bool is_character = false;
};

Unit unit_of(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = length_of(first);
  if (length == 1) return {1, first, true};
  const Unit byte{1, first, false};
  if (length == 0 || length > text.size()) return byte;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                   fit_text::is_continuation)) {
    return byte;
  }
  constexpr std::array<char32_t, 5> kFirstBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = first & kFirstBits[length];
  for (const char next : text.substr(1, length - 1)) {
    code = code << 6 | (static_cast<unsigned char>(next) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kFewest = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kFewest[length] || code > 0x10FFFF || is_surrogate) return byte;
  return {length, code, true};
}

void spell_out(std::string& out, const Unit& unit) {
  std::array<char, 8> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                          static_cast<std::uint32_t>(unit.code), 16);
  out += unit.is_character ? "\\u{" : "\\x{";
  out.append(digits.data(), end);
  out += '}';
}

/// Whether the character at `at` is one that is seen, yet must not stand there as it is; `first` is
/// where the text has its first character that is no blank.
bool is_misleading(std::string_view text, std::size_t at, std::size_t first) {
  switch (text[at]) {
    case '\\':  // would look like what is spelt out
      return at + 2 < text.size() && (text[at + 1] == 'u' || text[at + 1] == 'x') &&
             text[at + 2] == '{';
    case '#':  // ##[command], ##vso[command], anywhere in a line
      return at > 0 && text[at - 1] == '#';
    case ':':  // ::command::, which blanks may precede
      return at == first && text.substr(at).starts_with("::");
    case ' ':
      return at + 1 == text.size();
    default:
      return false;
  }
}

/// Printable ASCII that never is_misleading(): nearly all text.
bool is_ordinary(char c) { return c > ' ' && c < 0x7F && c != '\\' && c != '#' && c != ':'; }

/// In one line and without what is not seen; the text can be told from it.
std::string visible(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && is_ordinary(text[at])) ++at;
    out += text.substr(begin, at - begin);
    if (at == text.size()) break;
    const Unit unit = unit_of(text.substr(at));
    if (unit.is_character && is_seen(unit.code) && !is_misleading(text, at, first)) {
      out += text.substr(at, unit.length);
    } else {
      spell_out(out, unit);
    }
    at += unit.length;
  }
  return out;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

char at_or_nul(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : 0; }

/// Whether the character begins a block of Markdown where the text begins a line: "- ", "1. ".
bool begins_block(std::string_view text, std::size_t at) {
  constexpr std::size_t kMostDigits = 9;
  const char c = text[at];
  const char next = at_or_nul(text, at + 1);
  const bool is_alone = next == ' ' || next == 0;
  if (at == 0)
    return c == '>' || c == '=' || ((c == '#' || c == '+') && is_alone) ||
           (c == '-' && (is_alone || next == '-'));
  return (c == '.' || c == ')') && is_alone && at <= kMostDigits &&
         text.find_first_not_of("0123456789") == at;
}

bool is_markup(std::string_view text, std::size_t at) {
  const char c = text[at];
  const char next = at_or_nul(text, at + 1);
  switch (c) {
    case '\\':
    case '`':
    case '*':
    case '<':
    case '~':
    case '|':
      return true;
    case '_':  // within a word it is none
      return at == 0 || !is_alphanumeric(text[at - 1]) || !is_alphanumeric(next);
    case '&':
      return next == '#' || is_alphanumeric(next);
    case ']':  // of a link or its definition
      return next == '(' || next == '[' || next == ':';
    case '$':  // of a formula
      return next != ' ' && next != 0;
    default:
      return begins_block(text, at);
  }
}

/// "@name", which tells a user of a forge; in an address of mail it does not.
bool is_mention(std::string_view text, std::size_t at) {
  return text[at] == '@' && (at == 0 || !is_alphanumeric(text[at - 1])) &&
         is_alphanumeric(at_or_nul(text, at + 1));
}

std::size_t longest_run(std::string_view text, char of) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == of ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

/// GitHub's own escapes (actions/toolkit, packages/core/src/command.ts), but for line ends, which
/// visible() leaves none of.
std::string annotation(std::string_view text, std::string_view escaped) {
  std::string out;
  for (const char c : visible(text)) {
    if (escaped.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

void append_json_escape(std::string& out, char32_t code) {
  if (code < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
    return;
  }
  const std::uint32_t above = static_cast<std::uint32_t>(code) - 0x10000;
  out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (above >> 10), 0xDC00 + (above & 0x3FF));
}

}  // namespace

std::string for_terminal(std::string_view text) { return visible(text); }

std::string for_markdown(std::string_view text) {
  const std::string seen = visible(text);
  std::string out;
  out.reserve(seen.size());
  for (std::size_t at = 0; at < seen.size(); ++at) {
    if (is_mention(seen, at)) {
      out += "\\\\u{40}";
    } else if (at == 0 && seen[at] == ' ') {  // four would begin a block of code
      out += "\\\\u{20}";
    } else {
      if (is_markup(seen, at)) out += '\\';
      out += seen[at];
    }
  }
  return out;
}

std::string for_markdown_code(std::string_view text) {
  if (text.empty()) return "";
  const std::string seen = visible(text);
  std::string code;
  for (std::size_t at = 0; at < seen.size(); ++at) {
    if (seen[at] == '|') code += '\\';  // which the table takes away
    // Before "|" a table would take a backslash for its own.
    const bool is_ambiguous = seen[at] == '\\' && at_or_nul(seen, at + 1) == '|';
    code += is_ambiguous ? "\\u{5c}" : std::string(1, seen[at]);
  }
  const std::string fence(longest_run(code, '`') + 1, '`');
  const bool needs_blanks = code.front() == '`' || code.back() == '`';
  const std::string_view blank = needs_blanks ? " " : "";
  return fmt::format("{0}{1}{2}{1}{0}", fence, blank, code);
}

std::string for_people(std::string_view text, Format format) {
  return format == Format::markdown ? for_markdown(text) : for_terminal(text);
}

std::string for_csv(std::string_view text) {
  std::string seen = visible(text);
  constexpr std::string_view kFormula = "=+-@'";
  if (!seen.empty() && kFormula.find(seen.front()) != std::string_view::npos) seen.insert(0, "'");
  if (seen.find_first_of(",\"") == std::string::npos) return seen;
  std::string out = "\"";
  for (const char c : seen) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::string for_xml(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string for_quotes(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string for_annotation(std::string_view text) { return annotation(text, "%"); }

std::string for_annotation_property(std::string_view text) { return annotation(text, "%:,"); }

std::string for_json(std::string text) {
  const auto is_unusual = [](char c) { return c == '#' || (c != '\n' && !(c >= ' ' && c < 0x7F)); };
  if (std::none_of(text.begin(), text.end(), is_unusual)) return text;
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Unit unit = unit_of(std::string_view(text).substr(at));
    // Line ends lie between the values: a string holds none as it is.
    const bool is_fine = is_seen(unit.code) || unit.code == '\n';
    const bool is_command = unit.code == '#' && at > 0 && text[at - 1] == '#';
    if (unit.is_character && (!is_fine || is_command)) {
      append_json_escape(out, unit.code);
    } else {
      out.append(text, at, unit.length);
    }
    at += unit.length;
  }
  return out;
}

}  // namespace derate::safe_text
