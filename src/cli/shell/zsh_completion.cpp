// SPDX-License-Identifier: Apache-2.0
// Completion for zsh: a function for each command, which hands on to those of its sub-commands.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/shell/shell.h"

namespace derate::shell {
namespace {

/// Within single quotes, in a specification of _arguments, where colons and brackets part it.
std::string zsh_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') {
      escaped += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

std::string function_of(const std::string& path) {
  std::string name = "_" + path;
  std::replace(name.begin(), name.end(), ' ', '_');
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// ":VALUE:(a b)" or ":VALUE:_files"; empty for a flag.
std::string zsh_value(const OptionFacts& option) {
  if (option.value.empty()) return "";
  const std::string action =
      option.words.empty() ? "_files" : fmt::format("({})", fmt::join(option.words, " "));
  return fmt::format(":{}:{}", zsh_text(option.value), action);
}

std::string zsh_option(const OptionFacts& option) {
  if (option.is_positional) {
    const std::string place = option.is_repeatable ? "*" : "";
    return fmt::format(
        "    '{}:{}{}'\n", place, zsh_text(option.names.front()),
        option.words.empty() ? ":_files" : fmt::format(":({})", fmt::join(option.words, " ")));
  }
  std::string text;
  for (const std::string& name : option.names) {
    const bool joins = name.starts_with("--") && !option.value.empty();
    text += fmt::format("    '{}{}{}[{}]{}'\n", option.is_repeatable ? "*" : "", name,
                        joins ? "=" : "", zsh_text(brief(option.meaning)), zsh_value(option));
  }
  return text;
}

std::string zsh_function(const CommandFacts& command, const std::string& path) {
  std::string options;
  for (const OptionFacts& option : command.options) options += zsh_option(option);
  if (command.commands.empty()) {
    return fmt::format(
        "{}() {{\n  local -a options=(\n{}  )\n  _arguments -s \"$options[@]\"\n}}\n\n",
        function_of(path), options);
  }
  std::string names;
  std::string cases;
  std::string functions;
  for (const CommandFacts& each : command.commands) {
    const std::string below = path + " " + each.name;
    names += fmt::format("    '{}:{}'\n", each.name, zsh_text(brief(each.meaning)));
    cases += fmt::format("        {}) {} ;;\n", each.name, function_of(below));
    functions += zsh_function(each, below);
  }
  return functions + fmt::format(R"({0}() {{
  local state
  local -a options=(
{1}    '1:command:->command'
    '*::argument:->argument'
  )
  local -a commands=(
{2}  )
  _arguments -C "$options[@]" && return
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
{3}      esac
      ;;
  esac
}}

)",
                                 function_of(path), options, names, cases);
}

}  // namespace

std::string zsh_completion(const CommandFacts& program) {
  return fmt::format("#compdef {0}\n# written by `{0} completion zsh`\n\n{1}", program.name,
                     zsh_function(program, program.name)) +
         fmt::format(R"(if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)",
                     program.name);
}

}  // namespace derate::shell
