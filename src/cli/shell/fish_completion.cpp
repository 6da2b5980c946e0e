// SPDX-License-Identifier: Apache-2.0
// Completion for fish: a line for each command and option, with the condition under which it holds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shell/shell.h"

namespace derate::shell {
namespace {

std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_option(const OptionFacts& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.words.empty()) {
    text += fmt::format(" -x -a {}", fish_quoted(fmt::format("{}", fmt::join(option.words, " "))));
  } else if (!option.value.empty()) {
    text += " -r";
  }
  return text + " -d " + fish_quoted(brief(option.meaning));
}

/// `seen` holds while the words typed so far lead to this command.
void add_lines(const CommandFacts& command, const std::string& program, const std::string& seen,
               std::string& text) {
  std::vector<std::string> names;
  for (const CommandFacts& each : command.commands) names.push_back(each.name);
  const std::string none_below =
      names.empty() ? seen
                    : fmt::format("{}not __fish_seen_subcommand_from {}",
                                  seen.empty() ? "" : seen + "; and ", fmt::join(names, " "));
  const auto add = [&](const std::string& what) {
    text += fmt::format("complete -c {} -n {}{}\n", program, fish_quoted(none_below), what);
  };
  for (const OptionFacts& option : command.options) {
    if (!option.is_positional) {
      add(fish_option(option));
    } else if (!option.words.empty()) {
      add(fmt::format(" -f -a {}", fish_quoted(fmt::format("{}", fmt::join(option.words, " ")))));
    }
  }
  for (const CommandFacts& each : command.commands) {
    add(fmt::format(" -f -a {} -d {}", each.name, fish_quoted(brief(each.meaning))));
  }
  for (const CommandFacts& each : command.commands) {
    const std::string below = "__fish_seen_subcommand_from " + each.name;
    add_lines(each, program, seen.empty() ? below : fmt::format("{}; and {}", seen, below), text);
  }
}

}  // namespace

std::string fish_completion(const CommandFacts& program) {
  std::string text = fmt::format("# written by `{} completion fish`\n", program.name);
  add_lines(program, program.name, "", text);
  return text;
}

}  // namespace derate::shell
