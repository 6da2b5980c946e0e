// SPDX-License-Identifier: Apache-2.0
// Prints a comparison, writes each file of --write and GitHub's job summary, and derives the exit
// code from --fail-on. A file that cannot be written is reported and does not stop the others.
#include "cli/options/comparison_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "regression/reporters/reporters.h"

namespace derate::cli {
namespace {

std::string form_names(std::string_view between) {
  std::string names;
  for (const FileFormat& form : kFileFormats) {
    if (!names.empty()) names += between;
    names += form.name;
  }
  return names;
}

ComparisonFile parse_file(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string form = text.substr(0, equals);
  const bool known = std::any_of(kFileFormats.begin(), kFileFormats.end(),
                                 [&](const FileFormat& each) { return each.name == form; });
  if (equals == std::string::npos || equals + 1 == text.size() || !known) {
    throw Error(ExitCode::usage, fmt::format("--write needs FORM=FILE, where FORM is one of {}: "
                                             "\"{}\" is not",
                                             form_names(", "), text));
  }
  return {form, text.substr(equals + 1)};
}

std::vector<Verdict> parse_verdicts(const std::string& text) {
  constexpr std::array kFailing = {Verdict::regression,     Verdict::invalid,
                                   Verdict::not_comparable, Verdict::inconclusive,
                                   Verdict::environment,    Verdict::collecting};
  std::vector<Verdict> verdicts;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    std::string word(rest.substr(0, comma));
    std::replace(word.begin(), word.end(), '-', '_');
    const auto* const found = std::find_if(kFailing.begin(), kFailing.end(), [&](Verdict verdict) {
      return verdict_word(verdict) == word;
    });
    if (found == kFailing.end()) {
      throw Error(ExitCode::usage,
                  fmt::format("--fail-on takes a list of regression, invalid, not-comparable, "
                              "inconclusive, environment and collecting: \"{}\" is none of them",
                              rest.substr(0, comma)));
    }
    verdicts.push_back(*found);
    if (comma == std::string_view::npos) return verdicts;
    rest.remove_prefix(comma + 1);
  }
}

/// Appends to what other steps wrote there, within what GitHub takes of a job's step.
void append_summary(const Comparison& comparison, const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t there = std::filesystem::file_size(path, failed);
  const std::uintmax_t used = failed ? 0 : there;
  const std::string text =
      job_summary(comparison, used < kMostSummaryBytes ? kMostSummaryBytes - used : 0);
  AppendedFile(path).write(text);
}

/// Whether everything could be written; what could not is said.
class Writing {
 public:
  template <typename Write>
  void attempt(Write write) {
    try {
      write();
    } catch (const Error& error) {
      say("derate", error.what());
      failed_ = true;
    }
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  bool failed_ = false;
};

void write_files(const Comparison& comparison, const ComparisonOutput& output,
                 const std::function<std::string()>& html, ExitCode end, Writing& writing) {
  for (const ComparisonFile& file : output.files) {
    const auto* const form =
        std::find_if(kFileFormats.begin(), kFileFormats.end(),
                     [&](const FileFormat& each) { return each.name == file.form; });
    writing.attempt([&] {
      const bool own = html && file.form == "html";
      const std::string text = own ? html() : form->text(comparison, end);
      write_file(file.path, text);
      if (text == "[]\n") {
        say("derate", fmt::format("{} holds no entry, as no benchmark has such a figure; "
                                  "github-action-benchmark refuses an empty list",
                                  file.path.string()));
      }
    });
  }
}

void print(const Comparison& comparison, const ComparisonOutput& output, ExitCode end) {
  const std::string text =
      render_comparison(comparison, output.format, output.all, end, line_width(standard_output()));
  standard_output() << text;
  if (!output.github) return;
  // GitHub reads commands from both streams; what is for a program stays without them.
  const std::string annotations = workflow_annotations(comparison);
  if (output.format == Format::table) {
    standard_output() << annotations;
  } else {
    say(annotations);
  }
}

}  // namespace

void add_comparison_output(Command& command, ComparisonOutput& output) {
  add_format(command, output.format);
  command.add_flag("--all", output.all, "list the unchanged ones too");
  command
      .add_list_function(
          "--write",
          [&output](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) output.files.push_back(parse_file(text));
          },
          fmt::format("write a file too: {}; may be given several times", form_names(", ")))
      .type_name("FORM=FILE")
      .repeatable();
  const char* const actions = std::getenv("GITHUB_ACTIONS");
  output.github = actions != nullptr && std::string_view(actions) == "true";
  command.add_flag("--github,!--no-github", output.github,
                   "annotations for GitHub, and a summary appended to $GITHUB_STEP_SUMMARY; on "
                   "where GITHUB_ACTIONS is true");
  command
      .add_option_function(
          "--fail-on",
          [&output](const std::string& text) { output.fail_on = parse_verdicts(text); },
          "verdicts that end the program with their code")
      .type_name("LIST")
      .default_text("regression,invalid,not-comparable,inconclusive,environment");
}

void require_other_files(const ComparisonOutput& output,
                         const std::vector<std::filesystem::path>& inputs) {
  for (std::size_t i = 0; i < output.files.size(); ++i) {
    const auto& [form, path] = output.files[i];
    for (const std::filesystem::path& input : inputs) {
      if (!is_same_file(path, input)) continue;
      throw Error(ExitCode::usage,
                  fmt::format("--write {}={} would overwrite what is read", form, path.string()));
    }
    for (std::size_t other = 0; other < i; ++other) {
      if (!is_same_file(path, output.files[other].path)) continue;
      throw Error(ExitCode::usage, fmt::format("--write {}={} would overwrite the {}", form,
                                               path.string(), output.files[other].form));
    }
  }
}

ExitCode write_comparison(const Comparison& comparison, const ComparisonOutput& output,
                          const std::function<std::string()>& html) {
  const ExitCode end = exit_code(comparison, output.fail_on);
  Writing writing;
  write_files(comparison, output, html, end, writing);
  const char* const summary = std::getenv("GITHUB_STEP_SUMMARY");
  if (output.github && summary != nullptr && *summary != '\0') {
    writing.attempt([&] { append_summary(comparison, summary); });
  }
  print(comparison, output, end);
  return writing.failed() ? ExitCode::output : end;
}

}  // namespace derate::cli
