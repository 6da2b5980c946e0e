// SPDX-License-Identifier: Apache-2.0
// The command line of a program: commands, their options, and what is refused. It is CLI11 behind
// one translation unit, command_line.cpp: a file that includes CLI11 itself takes ten seconds to
// compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/command_facts.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace derate {

/// One option, flag or positional argument. A handle: a copy is the same option.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required(bool required = true);
  Option one_of(std::vector<std::string> words);
  /// Both ends belong to it. T: int, int64_t, uint64_t or double.
  template <typename T>
  Option range(T low, T high);
  /// The check returns what is wrong with a value, or nothing; the help shows `what`.
  Option check(std::function<std::string(const std::string&)> check, const std::string& what = "");
  Option not_empty();
  Option excludes(const std::string& name);
  Option excludes(Option other);
  Option needs(Option other);
  Option type_name(const std::string& name);     ///< what stands for its value in the help
  Option default_text(const std::string& text);  ///< what the help shows as its default
  Option show_default();                         ///< its variable's value is what the help shows
  Option delimiter(char between);                ///< one argument may hold several values
  Option repeatable();                           ///< may be given several times, with a value each
  Option take_all();        ///< every value counts, although the command's others take the last
  Option optional_value();  ///< may be given without a value

 private:
  friend class Command;
  CLI::Option* option_;
};

/// A command with its options and sub-commands. A handle: a copy is the same command.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add_subcommand(const std::string& name, const std::string& description);
  /// `name` is "--flag", "-f,--flag", or a bare word for a positional argument. T: bool, a number,
  /// a string, a path, or a std::optional or std::vector of one; command_line.cpp lists them.
  template <typename T>
  Option add_option(const std::string& name, T& value, const std::string& description);
  Option add_option_function(const std::string& name,
                             const std::function<void(const std::string&)>& function,
                             const std::string& description);
  /// With the values of every occurrence.
  Option add_list_function(const std::string& name,
                           const std::function<void(const std::vector<std::string>&)>& function,
                           const std::string& description);
  template <typename T>
  Option add_flag(const std::string& name, T& value, const std::string& description);
  Option add_flag_function(const std::string& name, std::function<void()> function,
                           const std::string& description);

  void set_version(const std::string& version);  ///< what --version prints
  void set_footer(const std::string& text);      ///< below the help
  void require_subcommand(int least, int most);
  void only_alone(Option option);  ///< refuses an option of its own beside the sub-commands so far
  void take_last();                ///< of an option that is given twice, from here on
  void take_any_arguments();
  void on_parse(std::function<void()> function);  ///< once all of its options are read

  [[nodiscard]] bool given(const std::string& option) const;
  [[nodiscard]] bool subcommand_given() const;
  [[nodiscard]] std::string help() const;
  /// With all of its sub-commands.
  [[nodiscard]] CommandFacts facts() const;

 protected:
  CLI::App* app_;
};

/// The program's own command.
class CommandLine : public Command {
 public:
  CommandLine(const std::string& description, const std::string& name);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Reads the arguments and runs what on_parse() was given. The exit code, where help or the
  /// version was printed instead. Throws Error(usage).
  [[nodiscard]] std::optional<int> parse(int argc, const char* const* argv);

 private:
  std::unique_ptr<CLI::App> owned_;
};

}  // namespace derate
