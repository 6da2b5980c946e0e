// SPDX-License-Identifier: Apache-2.0
// Completion for bash. It finds the command among the words typed so far, then offers that
// command's sub-commands, options, or the words that the option before the cursor takes. bash parts
// words at "=" and gives it as a word of its own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shell/shell.h"

namespace derate::shell {
namespace {

constexpr std::string_view kHead = R"(# bash completion for {0}; written by `{0} completion bash`

_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  local command={0} word words=
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$command $word" in
      {1}) command="$command $word" ;;
    esac
  done
  case "$command $before" in
)";

constexpr std::string_view kMiddle = R"(    *)
      case "$command" in
)";

constexpr std::string_view kTail = R"(      esac
      ;;
  esac
  COMPREPLY=()
  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}

complete -o default -F _{0} {0}
)";

/// Calls `visit` with each command below, and itself, and its path: "derate history list".
template <typename Visit>
void each_command(const CommandFacts& command, const std::string& path, const Visit& visit) {
  visit(command, path);
  for (const CommandFacts& each : command.commands) {
    each_command(each, fmt::format("{} {}", path, each.name), visit);
  }
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

/// What may follow an option that takes a value: words of a list, or a file.
std::string values_of(const CommandFacts& command, const std::string& path) {
  std::string text;
  for (const OptionFacts& option : command.options) {
    if (option.is_positional || option.value.empty()) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) {
      patterns.push_back(quoted(fmt::format("{} {}", path, name)));
    }
    text += fmt::format("    {}) words={} ;;\n", fmt::join(patterns, " | "),
                        quoted(fmt::format("{}", fmt::join(option.words, " "))));
  }
  return text;
}

/// Sub-commands and words of positional arguments; options once a dash is typed.
std::string offers_of(const CommandFacts& command, const std::string& path) {
  std::vector<std::string> words;
  for (const CommandFacts& each : command.commands) words.push_back(each.name);
  for (const OptionFacts& option : command.options) {
    if (option.is_positional) words.insert(words.end(), option.words.begin(), option.words.end());
  }
  return fmt::format(
      "        {})\n          words={}\n          [[ $current != -* ]] || words={}\n          ;;\n",
      quoted(path), quoted(fmt::format("{}", fmt::join(words, " "))),
      quoted(fmt::format("{}", fmt::join(option_names(command), " "))));
}

}  // namespace

std::string bash_completion(const CommandFacts& program) {
  std::vector<std::string> paths;
  std::string values;
  std::string offers;
  each_command(program, program.name, [&](const CommandFacts& command, const std::string& path) {
    if (path != program.name) paths.push_back(quoted(path));
    values += values_of(command, path);
    offers += offers_of(command, path);
  });
  return fmt::format(kHead, program.name, fmt::join(paths, " | ")) + values + std::string(kMiddle) +
         offers + fmt::format(kTail, program.name);
}

}  // namespace derate::shell
