// SPDX-License-Identifier: Apache-2.0
// Foreign text made safe for the medium that it is written to: names of benchmarks, devices, files
// and hosts, labels, command lines, answers of libraries, keys of JSON. Whoever composes a sentence
// leaves such text as it is; whoever writes the sentence calls one of these, once.
//
// What would not be seen, or is obeyed by what shows it, is spelt out: a tab as \u{9}, a
// right-to-left override as \u{202e}, a byte that is not UTF-8 as \x{ff}. A backslash stays as it
// is but before "u{" and "x{", where it becomes \u{5c}: so texts that differ stay different, and
// paths and regular expressions stay readable. JSON keeps the text itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "derate/format.h"

namespace derate::safe_text {

/// One line of standard output or standard error. No terminal, and no CI runner that looks for
/// commands in a log (::error::, ##[group], ##vso[...]), obeys any of it.
[[nodiscard]] std::string for_terminal(std::string_view text);

/// Inline text of Markdown, in a cell of a table too: no markup, no HTML, no mention of a user.
[[nodiscard]] std::string for_markdown(std::string_view text);
/// A code span, in a cell of a table too.
[[nodiscard]] std::string for_markdown_code(std::string_view text);

/// One of the two, whichever the format is.
[[nodiscard]] std::string for_people(std::string_view text, Format format);

/// A field of CSV with its quotes. What a spreadsheet would take for a formula gets an apostrophe
/// before it, and so does what begins with an apostrophe.
[[nodiscard]] std::string for_csv(std::string_view text);

/// Text and attributes of XML and HTML.
[[nodiscard]] std::string for_xml(std::string_view text);

/// Between double quotes with backslashes: a label of OpenMetrics, a string of C.
[[nodiscard]] std::string for_quotes(std::string_view text);

/// The message of a workflow command of GitHub, and the value of one of its properties.
[[nodiscard]] std::string for_annotation(std::string_view text);
[[nodiscard]] std::string for_annotation_property(std::string_view text);

/// A finished text of JSON: the same values, in which no string holds as it is what for_terminal()
/// spells out.
[[nodiscard]] std::string for_json(std::string text);

}  // namespace derate::safe_text
