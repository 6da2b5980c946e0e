// SPDX-License-Identifier: Apache-2.0
// How wide the lines of a stream may be: those of a terminal have its columns, those of a file any
// width. The stream keeps it, as it keeps its locale, so that whoever writes a table or a sentence
// need not be told.
#pragma once

#include <cstddef>
#include <limits>
#include <ostream>
#include <string_view>

#include "derate/format.h"

namespace derate {

inline constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

/// In characters; 8 or more.
void set_line_width(std::ostream& out, std::size_t width);
/// kAnyWidth unless it was set.
[[nodiscard]] std::size_t line_width(std::ostream& out);

/// A text that is safe in this format, and the end of its line. On a terminal of limited width its
/// words are filled into lines, each with the spaces that the text begins with; line breaks within
/// the text are for any width and count as spaces then.
void write_paragraph(std::ostream& out, std::string_view safe, Format format = Format::table);

/// A paragraph of any text, which is made safe.
void write_sentence(std::ostream& out, std::string_view text, Format format = Format::table);

}  // namespace derate
