// SPDX-License-Identifier: Apache-2.0
// What a page shows of single samples, which a report's rows do not keep.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "derate/aggregate.h"
#include "derate/record.h"

namespace derate::page {

/// One sample with what was read around it; NaN where nothing was.
struct Sample {
  double time_s = 0;  ///< since the beginning of the device's first round
  double rate = 0;    ///< FLOP/s, B/s or steps/s
  double clock_hz = kUnknown;
  double power_w = kUnknown;
  double temperature_c = kUnknown;
  double throttled = kUnknown;
  std::size_t row = 0;  ///< place in the rows that were asked about
  int round = 0;        ///< of its row, from 1 on
};

/// Collects records one by one and keeps at most kMost of their samples: every one, or every
/// second, fourth, ... of them, so that a file of any size makes a page of bounded size.
class MeasuredSamples {
 public:
  static constexpr std::size_t kMost = 20'000;

  void add(const Record& record);

  /// Those of rows of one device, in the order in which they were taken. A record says when its
  /// round ended; a sample's time is made from that and the durations.
  [[nodiscard]] std::vector<Sample> of(std::span<const Row> rows) const;

 private:
  struct Kept {
    std::int64_t place = 0;  ///< among all samples
    double begin_s = 0;      ///< since the round's beginning
    Sample sample;
  };
  struct Round {
    std::string row;
    int number = 0;    ///< of its row
    double end_s = 0;  ///< since 1970
    double duration_s = 0;
    std::vector<Kept> samples;
  };

  void keep(const Record& record, Round& round);
  void thin();

  std::vector<Round> rounds_;
  std::unordered_map<std::string, int> rounds_of_row_;  ///< by key of row
  std::int64_t taken_ = 0;
  std::size_t kept_ = 0;
  std::int64_t stride_ = 1;
};

}  // namespace derate::page
