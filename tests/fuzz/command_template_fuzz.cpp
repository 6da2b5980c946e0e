// SPDX-License-Identifier: Apache-2.0
// Commands of a gate and filters of benchmarks, by names that a program chose: the shell gets each
// as one word, and a filter matches its names and no other.
#include <regex.h>

#include <algorithm>
#include <sstream>

#include "fuzz.h"
#include "regression/run/command_template.h"

namespace derate::fuzz {
namespace {

constexpr std::size_t kMostNames = 8;
constexpr std::size_t kLongestName = 64;  // what the C library's regular expressions take quickly

/// What the shell makes of words in single quotes, and of quotes that were escaped.
std::string unquoted(std::string_view text) {
  std::string word;
  bool within = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\'') {
      within = !within;
    } else if (within || text[at] != '\\') {
      require(within || text[at] == ' ', "a character stands outside of quotes");
      word += text[at];
    } else {
      word += text[++at];
    }
  }
  require(!within, "a quote is not closed");
  return word;
}

std::vector<std::string> names_in(std::string_view input) {
  std::vector<std::string> names;
  std::istringstream lines{std::string(input)};
  for (std::string name; names.size() < kMostNames && std::getline(lines, name);) {
    name.resize(std::min({name.size(), name.find('\0'), kLongestName}));
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

void require_matches(const std::string& filter, const std::vector<std::string>& names) {
  regex_t expression;
  require(::regcomp(&expression, filter.c_str(), REG_EXTENDED | REG_NOSUB) == 0,
          "a filter is no regular expression");
  for (const std::string& name : names) {
    require(::regexec(&expression, name.c_str(), 0, nullptr, 0) == 0, "a filter misses its name");
    const std::string other = name + "x";
    require(std::find(names.begin(), names.end(), other) != names.end() ||
                ::regexec(&expression, other.c_str(), 0, nullptr, 0) != 0,
            "a filter matches another name");
  }
  ::regfree(&expression);
}

void make_command(std::string_view input) {
  const std::vector<std::string> names = names_in(input);
  if (names.empty()) return;
  const std::string filter = filter_of(names);
  require_matches(filter, names);
  require_equal(unquoted(CommandTemplate("{out} {filter}").with(names.front(), filter)),
                names.front() + " " + filter, "the shell gets other words");

  const CommandTemplate command{std::string(input)};
  require_equal(command.text(), input, "a command changed");
  static_cast<void>(command.with("/tmp/out", filter));
  static_cast<void>(command.without_program());
}

const Registered command_template({"command_template", make_command});

}  // namespace
}  // namespace derate::fuzz
