// SPDX-License-Identifier: Apache-2.0
// Student's t test on the logarithms of paired ratios: a pair's drift, which both of its processes
// saw, is gone before anything is tested.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "derate/gate.h"

namespace derate {

/// The mean of some log ratios and what it may be taken for. With fewer than three of them there is
/// no test: every probability is NaN, so that no comparison with a level holds.
struct PairedTest {
  std::int64_t n = 0;
  double mean = kUnknown;
  double sd = kUnknown;              ///< of one log ratio
  double standard_error = kUnknown;  ///< of the mean

  /// One-sided p-value against "the true mean is at most `bound`".
  [[nodiscard]] double p_above(double bound = 0) const;
  /// One-sided p-value against "the true mean is at least `bound`".
  [[nodiscard]] double p_below(double bound = 0) const;
  /// Two one-sided tests: the larger of the p-values against "at most low" and "at least high".
  [[nodiscard]] double p_within(double low, double high) const;
  /// Student's interval for the mean.
  [[nodiscard]] Interval interval(double confidence) const;
};

[[nodiscard]] PairedTest paired_test(std::span<const double> log_ratios);

/// Whether each time of each pair is a finite number above 0.
[[nodiscard]] bool usable(std::span<const TimePair> pairs);
/// Whether the clock of each process of each pair is known.
[[nodiscard]] bool clocks_known(std::span<const TimePair> pairs);

/// log(candidate ÷ base) of each pair: of the times, the clocks, or their product, the cycles.
[[nodiscard]] std::vector<double> log_time_ratios(std::span<const TimePair> pairs);
[[nodiscard]] std::vector<double> log_clock_ratios(std::span<const TimePair> pairs);
[[nodiscard]] std::vector<double> log_cycle_ratios(std::span<const TimePair> pairs);

}  // namespace derate
