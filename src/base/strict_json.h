// SPDX-License-Identifier: Apache-2.0
// JSON as some programs write it: with NaN and Infinity, and with other output around it.
#pragma once

#include <string>

namespace derate {

/// Puts null and spaces in the place of NaN, Infinity and inf with or without a sign, where they
/// stand outside strings, and spaces in the place of lines before the first that begins with '{'
/// and of what follows the last that begins with '}'. The text keeps its length and its lines, so
/// that what is said of it later names the right line.
void make_strict_json(std::string& text);

}  // namespace derate
