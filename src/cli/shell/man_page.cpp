// SPDX-License-Identifier: Apache-2.0
// Manual pages in the macros of man(7). Text is filled by the reader's width; a backslash and a dot
// or quote that begins a line are what roff would obey.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shell/shell.h"

namespace derate::shell {
namespace {

constexpr std::string_view kExitStatus = R"(.SH EXIT STATUS
.TP
.B 0
all is well
.TP
.B 1
a measurement is wrong or could not be made; something is slower
.TP
.B 2
the command line is not understood, or means no device or benchmark
.TP
.B 3
not comparable: of another device, driver or build
.TP
.B 4
not known: a comparison could not tell
.TP
.B 5
a file is not what it should be
.TP
.B 6
output cannot be written
.TP
.B 77
there is no device to measure
.TP
.B 130
interrupted; what was finished is kept
)";

std::string roff(const std::string& text) {
  std::string escaped;
  if (text.starts_with('.') || text.starts_with('\'')) escaped = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// "--format TEXT", with its words in place of the type where it takes only some.
std::string value_text(const OptionFacts& option) {
  if (!option.words.empty()) return fmt::format("{}", fmt::join(option.words, "|"));
  return option.value;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string option_paragraph(const OptionFacts& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(option.is_positional ? italic(name) : bold(name));
  }
  std::string head = fmt::format("{}", fmt::join(names, ", "));
  const std::string value = value_text(option);
  if (!option.is_positional && !value.empty()) head += " " + italic(value);
  std::string meaning = roff(option.meaning);
  if (option.is_positional && !option.words.empty()) meaning += " (" + roff(value) + ")";
  if (!option.default_text.empty()) meaning += " (default: " + roff(option.default_text) + ")";
  if (option.is_required) meaning += "; required";
  return fmt::format(".TP\n{}\n{}\n", head, meaning.empty() ? "\\&" : meaning);
}

std::string synopsis(const CommandFacts& command, const std::string& path) {
  std::string text = bold(path) + " [" + italic("options") + "]";
  if (!command.commands.empty()) text += " " + italic("command");
  for (const OptionFacts& option : command.options) {
    if (!option.is_positional) continue;
    const std::string name = italic(option.names.front()) + (option.is_repeatable ? " ..." : "");
    text += option.is_required ? " " + name : " [" + name + "]";
  }
  return text + "\n";
}

std::string options_of(const CommandFacts& command) {
  std::string text;
  for (const OptionFacts& option : command.options) text += option_paragraph(option);
  return text;
}

std::string head(const std::string& title, const std::string& version) {
  return fmt::format(".\\\" Written by `derate man`.\n.TH {} 1 \"\" \"{}\" \"User Commands\"\n",
                     roff(title), roff(version));
}

ManPage page_of(const CommandFacts& command, const std::string& program,
                const std::string& version) {
  const std::string title = program + "-" + command.name;
  const std::string path = program + " " + command.name;
  std::string text = head(title, version);
  text += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}", roff(title), roff(command.meaning),
                      synopsis(command, path));
  text += ".SH OPTIONS\n" + options_of(command);
  for (const CommandFacts& each : command.commands) {
    text +=
        fmt::format(".SH \"{}\"\n{}.PP\n{}.\n{}", roff(path + " " + each.name),
                    synopsis(each, path + " " + each.name), roff(each.meaning), options_of(each));
  }
  text += std::string(kExitStatus) + ".SH SEE ALSO\n.BR " + roff(program) + " (1)\n";
  return {title + ".1", text};
}

ManPage page_of(const CommandFacts& program, const std::string& version) {
  std::string text = head(program.name, version);
  text += fmt::format(
      ".SH NAME\n{} \\- what a device delivers of its theoretical peak\n.SH SYNOPSIS\n{}"
      ".SH DESCRIPTION\n{}\n.SH COMMANDS\n",
      roff(program.name), synopsis(program, program.name), roff(program.meaning));
  std::vector<std::string> others;
  for (const CommandFacts& each : program.commands) {
    text += fmt::format(".TP\n{}\n{}\n", bold(each.name), roff(each.meaning));
    others.push_back(fmt::format(".BR {} (1)", roff(program.name + "-" + each.name)));
  }
  text += ".SH OPTIONS\n" + options_of(program) + std::string(kExitStatus);
  return {program.name + ".1", fmt::format("{}.SH SEE ALSO\n{}\n", text, fmt::join(others, ",\n"))};
}

}  // namespace

std::vector<ManPage> man_pages(const CommandFacts& program, const std::string& version) {
  std::vector<ManPage> pages = {page_of(program, version)};
  for (const CommandFacts& command : program.commands) {
    pages.push_back(page_of(command, program.name, version));
  }
  return pages;
}

}  // namespace derate::shell
