// SPDX-License-Identifier: Apache-2.0
// Nothing but a quote is special between single quotes: it ends them, stands escaped, and begins
// them again.
#include "base/shell_text.h"

namespace derate {

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " " + shell_quoted(word);
  return text;
}

}  // namespace derate
