// SPDX-License-Identifier: Apache-2.0
// A home folder counts where it is a whole path or the beginning of one, not the middle of another.
#include "base/without_home.h"

#include <cctype>

namespace derate {
namespace {

bool is_in_a_name(char c) {
  return c == '/' || c == '.' || c == '-' || c == '_' ||
         std::isalnum(static_cast<unsigned char>(c));
}

}  // namespace

std::string without_home(std::string text, const std::string& home) {
  if (home.size() < 2) return text;
  for (std::size_t at = text.find(home); at != std::string::npos; at = text.find(home, at + 1)) {
    const std::size_t end = at + home.size();
    const bool begins = at == 0 || !is_in_a_name(text[at - 1]);
    const bool ends = end == text.size() || text[end] == '/' || !is_in_a_name(text[end]);
    if (begins && ends) text.replace(at, home.size(), "~");
  }
  return text;
}

}  // namespace derate
