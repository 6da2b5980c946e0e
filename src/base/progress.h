// SPDX-License-Identifier: Apache-2.0
// How far a long command is, on standard error: a line that is rewritten on a terminal.
#pragma once

#include <string>

namespace derate {

class ProgressLine {
 public:
  /// `who` begins each sentence: "derate_bench".
  explicit ProgressLine(std::string who);
  /// Clears the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  [[nodiscard]] const std::string& who() const { return who_; }
  [[nodiscard]] bool is_on_terminal() const { return is_on_terminal_; }
  /// Rewrites the terminal's line, cut to its width, since a line that wraps could not be cleared
  /// again. Nothing where there is no terminal.
  void show(const std::string& text);
  void clear();
  /// "WHO: SENTENCE" as a line of its own.
  void say(const std::string& sentence);
  /// A text as a line of its own.
  void print(const std::string& text);

 private:
  std::string who_;
  bool is_on_terminal_;
  bool is_shown_ = false;
};

}  // namespace derate
