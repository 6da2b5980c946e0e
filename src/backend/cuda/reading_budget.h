// SPDX-License-Identifier: Apache-2.0
// Which samples may carry a reading of the sensors. No CUDA header here, so that it is tested on
// any machine.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

namespace derate::cuda {

/// Half of the samples carry no reading, so that it shows whether readings lengthen a sample. In
/// the order of Thue and Morse: of every two one is read, and a drift, or whatever comes round
/// after a number of samples, falls on both kinds alike.
[[nodiscard]] inline bool may_be_read(std::uint64_t sample) {
  return std::popcount(sample) % 2 == 0;
}

/// Readings take from microseconds to milliseconds, depending on GPU and driver. They may take a
/// fifth of the time: as a fixed distance would either leave out most short samples or spend as
/// long on reading as on measuring.
class ReadingBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Whether the next reading may begin: at least four times as long after the last one as that
  /// took.
  [[nodiscard]] bool due(Time now) const { return !last_ || now - last_->end >= 4 * last_->took; }

  /// A reading was made.
  void spend(Time begin, Time end) { last_ = Reading{end, end - begin}; }

 private:
  struct Reading {
    Time end;
    Time::duration took;
  };
  std::optional<Reading> last_;
};

}  // namespace derate::cuda
