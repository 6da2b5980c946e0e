// SPDX-License-Identifier: Apache-2.0
// How far a gate is, on standard error: one line that is rewritten on a terminal, and a line now
// and then elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace derate::cli {

class GateProgress {
 public:
  /// `what` begins each line: "gate" or "noise".
  explicit GateProgress(std::string what);
  ~GateProgress();
  GateProgress(const GateProgress&) = delete;
  GateProgress& operator=(const GateProgress&) = delete;

  /// A line of its own.
  void say(const std::string& sentence);
  /// Where we are and, unless it is NaN, what is left: shown at once on a terminal, elsewhere when
  /// the last line is half a minute old.
  void show(const std::string& where, double left_s);

 private:
  void clear();

  std::string what_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace derate::cli
