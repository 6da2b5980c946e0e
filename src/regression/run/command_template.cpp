// SPDX-License-Identifier: Apache-2.0
// Substitutes {out} and {filter} with shell quoting, adds the flags of known programs, and builds a
// short regular expression of benchmark names by their common prefixes.
#include "regression/run/command_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/shell_text.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr std::string_view kOut = "{out}";
constexpr std::string_view kFilter = "{filter}";

/// Replaces both in one pass, since a file or a filter may itself hold "{out}" or "{filter}".
std::string filled_in(std::string_view text, const std::string& out, const std::string& filter) {
  std::string command;
  while (!text.empty()) {
    const std::size_t before = std::min({text.find(kOut), text.find(kFilter), text.size()});
    command += text.substr(0, before);
    text.remove_prefix(before);
    if (text.empty()) break;
    const bool is_out = text.starts_with(kOut);
    command += shell_quoted(is_out ? out : filter);
    text.remove_prefix(is_out ? kOut.size() : kFilter.size());
  }
  return command;
}

/// The flags of a program that was named without any.
std::string expanded(const std::string& text) {
  const bool is_a_path = text.find_first_of(" \t\n'\"$`&|;<>(){}*?") == std::string::npos;
  if (!is_a_path) return text;
  const std::string name = std::filesystem::path(text).filename().string();
  if (name.starts_with("derate_bench")) {
    return text + " --derate_out={out} --benchmark_filter={filter}";
  }
  return text + " --benchmark_format=json --benchmark_filter={filter}";
}

/// A name as a regular expression. A closing bracket stands for itself, and must not be escaped.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::string_view(R"(\.^$|()[{*+?)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// Alternatives for names, by what stands before their first slash. "" is a name that ends here.
std::string alternatives(const std::vector<std::string_view>& names) {
  std::vector<std::string> parts;
  std::map<std::string_view, std::vector<std::string_view>> by_head;
  for (const std::string_view name : names) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) {
      parts.push_back(escaped(name));
    } else {
      by_head[name.substr(0, slash)].push_back(name.substr(slash + 1));
    }
  }
  for (const auto& [head, tails] : by_head) {
    parts.push_back(escaped(head) + "/" + alternatives(tails));
  }
  return parts.size() == 1 ? parts.front() : fmt::format("({})", fmt::join(parts, "|"));
}

}  // namespace

CommandTemplate::CommandTemplate(std::string text) : text_(std::move(text)) {
  if (text_.find_first_not_of(" \t\n") == std::string::npos) {
    throw Error(ExitCode::usage, "a command to measure is empty");
  }
  expanded_ = expanded(text_);
}

bool CommandTemplate::writes_a_file() const { return expanded_.find(kOut) != std::string::npos; }

bool CommandTemplate::takes_a_filter() const {
  return expanded_.find(kFilter) != std::string::npos;
}

std::string CommandTemplate::with(const std::filesystem::path& out,
                                  const std::string& filter) const {
  return filled_in(expanded_, out.string(), filter);
}

std::filesystem::path CommandTemplate::program() const {
  const std::string word = text_.substr(0, text_.find_first_of(" \t\n"));
  std::error_code unknown;
  if (word.find('/') == std::string::npos) return {};
  return std::filesystem::is_regular_file(word, unknown) ? std::filesystem::path(word)
                                                         : std::filesystem::path();
}

std::string CommandTemplate::without_program() const {
  if (program().empty()) return text_;
  const std::size_t end = text_.find_first_of(" \t\n");
  return end == std::string::npos ? std::string() : text_.substr(end);
}

std::string filter_of(std::vector<std::string> names) {
  if (names.empty()) return ".";
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return fmt::format("^{}$", alternatives({names.begin(), names.end()}));
}

}  // namespace derate
