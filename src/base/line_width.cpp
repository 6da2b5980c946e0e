// SPDX-License-Identifier: Apache-2.0
// Keeps the width in the stream's own storage (std::ios_base::iword), where 0 is any.
#include "base/line_width.h"

#include <algorithm>
#include <string>

#include "base/fit_text.h"
#include "base/safe_text.h"

namespace derate {
namespace {

constexpr std::size_t kLeastWidth = 8;  ///< that fit_text::wrapped() takes

int place() {
  static const int at = std::ios_base::xalloc();
  return at;
}

}  // namespace

void set_line_width(std::ostream& out, std::size_t width) {
  out.iword(place()) = width == kAnyWidth ? 0 : static_cast<long>(std::max(width, kLeastWidth));
}

std::size_t line_width(std::ostream& out) {
  const long width = out.iword(place());
  return width == 0 ? kAnyWidth : static_cast<std::size_t>(width);
}

void write_paragraph(std::ostream& out, std::string_view safe, Format format) {
  const std::size_t width = line_width(out);
  if (width == kAnyWidth || format != Format::table) {
    out << safe << '\n';
    return;
  }
  std::string words(safe);
  std::replace(words.begin(), words.end(), '\n', ' ');
  const std::size_t first = std::min(words.find_first_not_of(' '), words.size());
  const std::string margin(std::min(first, width - kLeastWidth), ' ');
  for (const std::string& line :
       fit_text::wrapped(std::string_view(words).substr(first), width - margin.size())) {
    out << margin << line << '\n';
  }
}

void write_sentence(std::ostream& out, std::string_view text, Format format) {
  write_paragraph(out, safe_text::for_people(text, format), format);
}

}  // namespace derate
