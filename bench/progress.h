// SPDX-License-Identifier: Apache-2.0
// n of m rounds, time left, and the last figure, on standard error: one rewritten line on a
// terminal, plain lines elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/time_left.h"

namespace derate::bench {

/// Which of the processes that share one measurement this is, for the count on the screen.
struct Part {
  int number = 1;
  int of = 1;
  std::optional<double> began_s;  ///< when the first of them did, on the steady clock
};

/// Of the steady clock, which all processes share.
[[nodiscard]] double steady_now_s();

class Progress {
 public:
  /// `rounds` is the number of rounds in this process; every part has as many.
  Progress(std::int64_t rounds, Part part, bool quiet);
  void start(const std::string& name);
  void finish(const std::string& name, const std::string& result);
  /// Over without being measured, as a process before this one has recorded it.
  void skip(const std::string& name);
  /// A sentence of its own.
  void say(const std::string& sentence);

 private:
  [[nodiscard]] std::string left() const;
  void show(const std::string& name, const std::string& result);

  bool is_since_first_;
  bool quiet_;
  TimeLeft time_;
  ProgressLine line_{"derate_bench"};
};

}  // namespace derate::bench
