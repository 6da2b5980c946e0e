// SPDX-License-Identifier: Apache-2.0
// The one translation unit that includes CLI11: each member forwards to it, with the templates
// instantiated for the types that options have.
#include "base/command_line.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <utility>

#include "base/help_text.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "derate/error.h"

namespace derate {
namespace {

/// CLI11 keeps the words of IsMember only in what the help shows: "TEXT:{a,b}".
std::vector<std::string> words_of(const std::string& type) {
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}');
  std::vector<std::string> words;
  if (begin == std::string::npos || end == std::string::npos) return words;
  std::istringstream list(type.substr(begin + 1, end - begin - 1));
  for (std::string word; std::getline(list, word, ',');) words.push_back(word);
  return words;
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  facts.is_positional = option.get_positional();
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  if (facts.is_positional) facts.names = {option.get_name(true)};
  facts.meaning = option.get_description();
  facts.is_required = option.get_required();
  facts.is_repeatable = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() == 0) return facts;
  const std::string type = option.get_type_name();
  facts.words = words_of(type);
  facts.value = type.substr(0, type.find_first_of(":{("));
  facts.default_text = option.get_default_str();
  return facts;
}

CommandFacts facts_of(const CLI::App& app) {
  CommandFacts facts;
  facts.name = app.get_name();
  facts.meaning = app.get_description();
  for (const CLI::Option* option : app.get_options()) facts.options.push_back(facts_of(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    facts.commands.push_back(facts_of(*command));
  }
  return facts;
}

}  // namespace

Option Option::required(bool required) { return Option(option_->required(required)); }

Option Option::one_of(std::vector<std::string> words) {
  return Option(option_->check(CLI::IsMember(std::move(words))));
}

template <typename T>
Option Option::range(T low, T high) {
  option_->check(CLI::Range(low, high));
  // CLI11 compares with both ends, of which NaN is on neither side.
  option_->check(CLI::Validator(
      [](const std::string& text) {
        return std::isnan(std::strtod(text.c_str(), nullptr)) ? text + " is no number" : "";
      },
      ""));
  return Option(option_);
}
template Option Option::range(int, int);
template Option Option::range(std::int64_t, std::int64_t);
template Option Option::range(std::uint64_t, std::uint64_t);
template Option Option::range(double, double);

Option Option::check(std::function<std::string(const std::string&)> check,
                     const std::string& what) {
  return Option(option_->check(CLI::Validator(std::move(check), what)));
}

Option Option::not_empty() {
  return check([](const std::string& text) { return text.empty() ? "is empty" : ""; });
}

Option Option::excludes(const std::string& name) { return Option(option_->excludes(name)); }
Option Option::excludes(Option other) { return Option(option_->excludes(other.option_)); }
Option Option::needs(Option other) { return Option(option_->needs(other.option_)); }
Option Option::type_name(const std::string& name) { return Option(option_->type_name(name)); }
Option Option::default_text(const std::string& text) { return Option(option_->default_str(text)); }
Option Option::show_default() { return Option(option_->capture_default_str()); }
Option Option::delimiter(char between) {
  // Else further arguments are values too, and a -- ends those alone.
  return Option(option_->delimiter(between)->allow_extra_args(false));
}
Option Option::take_all() { return Option(option_->take_all()); }
Option Option::optional_value() { return Option(option_->expected(0, 1)); }

Option Option::repeatable() {
  option_->expected(1);
  option_->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option_->allow_extra_args(false);  // else a -- behind it is taken for the end of its values
  return *this;
}

Command Command::add_subcommand(const std::string& name, const std::string& description) {
  return Command(app_->add_subcommand(name, description));
}

template <typename T>
Option Command::add_option(const std::string& name, T& value, const std::string& description) {
  return Option(app_->add_option(name, value, description));
}
template Option Command::add_option(const std::string&, int&, const std::string&);
template Option Command::add_option(const std::string&, std::int64_t&, const std::string&);
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::add_option(const std::string&, double&, const std::string&);
template Option Command::add_option(const std::string&, std::string&, const std::string&);
template Option Command::add_option(const std::string&, std::filesystem::path&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<int>&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<std::int64_t>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, std::optional<double>&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::string>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::filesystem::path>&,
                                    const std::string&);

Option Command::add_option_function(const std::string& name,
                                    const std::function<void(const std::string&)>& function,
                                    const std::string& description) {
  return Option(app_->add_option_function(name, function, description));
}

Option Command::add_list_function(
    const std::string& name, const std::function<void(const std::vector<std::string>&)>& function,
    const std::string& description) {
  return Option(app_->add_option_function(name, function, description));
}

template <typename T>
Option Command::add_flag(const std::string& name, T& value, const std::string& description) {
  return Option(app_->add_flag(name, value, description));
}
template Option Command::add_flag(const std::string&, bool&, const std::string&);
template Option Command::add_flag(const std::string&, std::optional<bool>&, const std::string&);

Option Command::add_flag_function(const std::string& name, std::function<void()> function,
                                  const std::string& description) {
  return Option(app_->add_flag_callback(name, std::move(function), description));
}

void Command::set_version(const std::string& version) {
  app_->set_version_flag("--version", version);
}
void Command::set_footer(const std::string& text) { app_->footer(text); }
void Command::require_subcommand(int least, int most) {
  app_->require_subcommand(static_cast<std::size_t>(least), static_cast<std::size_t>(most));
}
void Command::only_alone(Option option) {
  for (CLI::App* subcommand : app_->get_subcommands({})) subcommand->excludes(option.option_);
}
void Command::take_last() { app_->option_defaults()->take_last(); }
void Command::take_any_arguments() { app_->prefix_command(); }
void Command::on_parse(std::function<void()> function) { app_->callback(std::move(function)); }

bool Command::given(const std::string& option) const { return app_->count(option) > 0; }
bool Command::subcommand_given() const { return !app_->get_subcommands().empty(); }
std::string Command::help() const { return app_->help(); }
CommandFacts Command::facts() const { return facts_of(*app_); }

namespace {

/// "derate estimate train": the command and the sub-commands that were given.
std::string name_of_given(const CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  return given.empty() ? app.get_name() : app.get_name() + " " + name_of_given(*given.back());
}

}  // namespace

CommandLine::CommandLine(const std::string& description, const std::string& name)
    : Command(nullptr), owned_(std::make_unique<CLI::App>(description, name)) {
  app_ = owned_.get();
}

CommandLine::~CommandLine() = default;

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    const int code = app_->exit(success, text, standard_error());
    standard_output() << fitted_help(text.str(), line_width(standard_output()));
    return code;
  } catch (const CLI::ParseError& error) {
    throw Error(ExitCode::usage,
                std::string(error.what()) + " (see " + name_of_given(*app_) + " --help)");
  }
  return std::nullopt;
}

}  // namespace derate
