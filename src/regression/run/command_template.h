// SPDX-License-Identifier: Apache-2.0
// A command that measures, with places for the file that it is to write and for the benchmarks
// that are wanted.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace derate {

class CommandTemplate {
 public:
  /// A shell command in which `{out}` and `{filter}` stand for the file and for a regular
  /// expression. The path of a program alone, without blanks or placeholders, gets the flags that
  /// derate_bench needs where its name begins so, and those of Google
  /// Benchmark where not. Throws Error(usage) for an empty text.
  explicit CommandTemplate(std::string text);

  [[nodiscard]] const std::string& text() const { return text_; }  ///< as it was given
  [[nodiscard]] bool writes_a_file() const;  ///< or else its standard output is the result
  [[nodiscard]] bool takes_a_filter() const;
  /// The command for the shell, both single-quoted.
  [[nodiscard]] std::string with(const std::filesystem::path& out, const std::string& filter) const;
  /// The program that the command starts, where its first word names a file; empty where not.
  [[nodiscard]] std::filesystem::path program() const;
  /// The command but for the program's path: equal where two commands run their programs alike.
  [[nodiscard]] std::string without_program() const;

 private:
  std::string text_;
  std::string expanded_;
};

/// A regular expression (POSIX extended) that matches exactly these names, with what they have in
/// common up to a slash written once; "." for no names.
[[nodiscard]] std::string filter_of(std::vector<std::string> names);

}  // namespace derate
