// SPDX-License-Identifier: Apache-2.0
// What shells and man(1) know of a program, written from the facts of its command line. Pure
// functions: a new command or option needs nothing here.
#pragma once

#include <string>
#include <vector>

#include "base/command_facts.h"

namespace derate::shell {

/// To be sourced, or put where the shell looks: it completes commands, options and, where these
/// take words of a list, their values; everything else as file names.
[[nodiscard]] std::string bash_completion(const CommandFacts& program);
[[nodiscard]] std::string zsh_completion(const CommandFacts& program);
[[nodiscard]] std::string fish_completion(const CommandFacts& program);

struct ManPage {
  std::string name;  ///< of the file: "derate-run.1"
  std::string text;  ///< man(7) macros
};

/// One of the program, and one of each command with its sub-commands.
[[nodiscard]] std::vector<ManPage> man_pages(const CommandFacts& program,
                                             const std::string& version);

/// What a meaning begins with, up to its first colon, parenthesis, semicolon or question mark.
[[nodiscard]] std::string brief(const std::string& meaning);

/// Of all options and flags.
[[nodiscard]] std::vector<std::string> option_names(const CommandFacts& command);

}  // namespace derate::shell
