// SPDX-License-Identifier: Apache-2.0
// n of m rounds, time left, and the last figure, on standard error: one rewritten line on a
// terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/progress.h"

namespace derate::bench {

/// Which of the processes that share one measurement this is, for the count on the screen.
struct Part {
  int number = 1;
  int of = 1;
};

class Progress {
 public:
  /// `rounds` is the number of rounds in this process; every part has as many.
  Progress(std::int64_t rounds, Part part, bool quiet);
  void start(const std::string& name);
  void finish(const std::string& name, const std::string& result);
  /// A sentence of its own.
  void say(const std::string& sentence);

 private:
  [[nodiscard]] std::string left() const;

  std::int64_t total_;
  std::int64_t done_;
  std::int64_t done_before_;
  bool quiet_;
  ProgressLine line_{"derate_bench"};
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace derate::bench
