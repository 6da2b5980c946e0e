// SPDX-License-Identifier: Apache-2.0
// A command line as data: what help, completion in shells and man pages are made from.
#pragma once

#include <string>
#include <vector>

namespace derate {

/// An option, a flag or a positional argument.
struct OptionFacts {
  std::vector<std::string> names;  ///< "--format", "-o"; of a positional argument its bare name
  std::string meaning;
  std::string value;               ///< stands for its value: "TEXT", "CMD"; empty for a flag
  std::vector<std::string> words;  ///< all values that there are, where it takes only some
  std::string default_text;        ///< empty where there is none
  bool is_positional = false;
  bool is_required = false;
  bool is_repeatable = false;
};

struct CommandFacts {
  std::string name;
  std::string meaning;
  std::vector<OptionFacts> options;
  std::vector<CommandFacts> commands;
};

}  // namespace derate
