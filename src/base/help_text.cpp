// SPDX-License-Identifier: Apache-2.0
// A line is "  NAMES", "  NAMES    description", or a description alone in its column.
#include "base/help_text.h"

#include <algorithm>

#include "base/fit_text.h"

namespace derate {
namespace {

constexpr std::size_t kLeastOfADescription = 24;
constexpr std::size_t kHangingIndent = 6;

/// Where a description begins; the end of the line where it has none.
std::size_t description_at(std::string_view line, std::size_t indent) {
  const std::size_t gap = line.find("  ", indent);
  if (indent == 0 || gap == std::string_view::npos) return line.size();
  return std::min(line.find_first_not_of(' ', gap), line.size());
}

void append_filled(std::string_view words, std::size_t indent, std::size_t width,
                   std::string& text) {
  const std::size_t room = std::max<std::size_t>(width - std::min(width, indent), 8);
  for (const std::string& line : fit_text::wrapped(words, room)) {
    text += std::string(indent, ' ') + line + "\n";
  }
}

void append_fitted(std::string_view line, std::size_t width, std::string& text) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t begin = description_at(line, indent);
  const bool has_column = begin < line.size();
  const std::size_t column = has_column ? begin : indent;
  const bool has_room = column + kLeastOfADescription <= width;
  if (has_column && has_room) {
    const std::size_t at = text.size();
    append_filled(line.substr(begin), column, width, text);
    text.replace(at, column, line.substr(0, column));
  } else if (has_column) {
    append_filled(line.substr(indent, line.find("  ", indent) - indent), indent, width, text);
    append_filled(line.substr(begin), kHangingIndent, width, text);
  } else {
    append_filled(line.substr(indent), has_room ? indent : kHangingIndent, width, text);
  }
}

}  // namespace

std::string fitted_help(std::string_view help, std::size_t width) {
  std::string text;
  while (!help.empty()) {
    const std::size_t end = std::min(help.find('\n'), help.size());
    const std::string_view line = help.substr(0, end);
    if (fit_text::width(line) <= width) {
      text.append(line).append("\n");
    } else {
      append_fitted(line, width, text);
    }
    help.remove_prefix(std::min(end + 1, help.size()));
  }
  return text;
}

}  // namespace derate
