// SPDX-License-Identifier: Apache-2.0
// JSON as some programs write it: with NaN and Infinity, and with other output around it.
#pragma once

#include <string>
#include <string_view>

namespace derate {

/// Whether an object or a list of objects may begin somewhere in the text.
[[nodiscard]] bool holds_json(std::string_view text);

/// Puts null and spaces in the place of NaN, Infinity and inf with or without a sign, where they
/// stand outside strings, and spaces in the place of everything around the longest object or list
/// of objects; one that was cut lasts to the end. The text keeps its length and its lines, so that
/// what is said of it later names the right line.
void make_strict_json(std::string& text);

}  // namespace derate
