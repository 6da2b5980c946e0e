// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace derate::bench {

/// n of m rounds, time left, and the last figure, on standard error: one rewritten line on a
/// terminal, plain lines elsewhere.
class Progress {
 public:
  Progress(int rounds, bool quiet);
  void start(const std::string& name);
  void finish(const std::string& name, const std::string& result);
  /// A sentence of its own.
  void say(const std::string& sentence) const;

 private:
  [[nodiscard]] std::string left() const;

  int rounds_;
  int done_ = 0;
  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace derate::bench
