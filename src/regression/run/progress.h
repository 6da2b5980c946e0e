// SPDX-License-Identifier: Apache-2.0
// How far a gate is: one line that is rewritten on a terminal, and a line now and then elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "base/progress.h"

namespace derate {

class GateProgress {
 public:
  /// `what` begins each line: "gate" or "noise".
  explicit GateProgress(std::string what);

  /// A line of its own.
  void say(const std::string& sentence);
  /// Where we are and, unless it is NaN, what is left: shown at once on a terminal, elsewhere when
  /// the last line is half a minute old.
  void show(const std::string& where, double left_s);

 private:
  ProgressLine line_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace derate
