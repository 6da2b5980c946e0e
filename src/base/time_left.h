// SPDX-License-Identifier: Apache-2.0
// How long a measurement of many rounds still takes, by what its rounds have taken so far.
#pragma once

#include <cstdint>
#include <optional>

namespace derate {

class TimeLeft {
 public:
  /// Of `total` rounds the first `done` are over, and have taken the time since `began_s`, on a
  /// clock of the caller's.
  TimeLeft(std::int64_t total, std::int64_t done, double began_s)
      : total_(total), done_(done), timed_(done), began_s_(began_s) {}

  /// A round is over, which took its time since then ...
  void finish(double now_s);
  /// ... or none, because it was measured before.
  void skip() { ++done_; }

  [[nodiscard]] std::int64_t done() const { return done_; }
  [[nodiscard]] std::int64_t total() const { return total_; }
  /// Nothing before a few rounds are over: one says too little of the others.
  [[nodiscard]] std::optional<double> left_s(double now_s) const;

 private:
  std::int64_t total_;
  std::int64_t done_;
  std::int64_t timed_;  ///< of those done, the ones that took time since it began
  double began_s_;
  std::optional<double> end_s_ = std::nullopt;
};

}  // namespace derate
