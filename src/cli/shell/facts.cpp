// SPDX-License-Identifier: Apache-2.0
// What all of them take from the facts.
#include <algorithm>

#include "cli/shell/shell.h"

namespace derate::shell {

std::string brief(const std::string& meaning) {
  const std::size_t end =
      std::min({meaning.find(": "), meaning.find(" ("), meaning.find("; "), meaning.find("? ")});
  return meaning.substr(0, end);
}

std::vector<std::string> option_names(const CommandFacts& command) {
  std::vector<std::string> names;
  for (const OptionFacts& option : command.options) {
    if (option.is_positional) continue;
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

}  // namespace derate::shell
