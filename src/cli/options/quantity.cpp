// SPDX-License-Identifier: Apache-2.0
// Options over parse_quantity() and parse_range(); an option with two names is called "A or B".
#include "cli/options/quantity.h"

namespace derate::cli {
namespace {

/// As the user knows it: "--tokens,--samples" is one option with two names.
std::string shown(const std::string& option) {
  const std::size_t comma = option.find(',');
  if (comma == std::string::npos) return option;
  return option.substr(0, comma) + " or " + option.substr(comma + 1);
}

}  // namespace

Option add_quantity(Command& command, const std::string& option, double& value,
                    const std::string& meaning, Limits limits) {
  return command
      .add_option_function(
          option,
          [&value, option, limits](const std::string& text) {
            value = parse_quantity(text, shown(option), limits);
          },
          meaning)
      .type_name("QUANTITY");
}

Option add_range(Command& command, const std::string& option, Range& range,
                 const std::string& meaning, Limits limits) {
  return command
      .add_option_function(
          option,
          [&range, option, limits](const std::string& text) {
            range = parse_range(text, option, limits);
          },
          meaning)
      .type_name("QUANTITY or LOW..HIGH");
}

}  // namespace derate::cli
