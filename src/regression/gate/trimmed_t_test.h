// SPDX-License-Identifier: Apache-2.0
// Yuen's trimmed t test on the logarithms of paired ratios: a pair's drift, which both of its
// processes saw, is gone before anything is tested, and a few processes gone wrong hide nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "regression/gate/gate.h"

namespace derate {

/// How many pairs the test leaves out at each end: an eighth, so none below eight pairs.
[[nodiscard]] constexpr std::int64_t trimmed_pairs(std::int64_t n) { return n / 8; }

/// Degrees of freedom of the test. Yuen's are those of the pairs kept, less one; one less for each
/// pair left out at an end keeps the far tail, where Holm's bound lies, on the safe side
/// (docs/regression.md).
/// Of 6,000,000 samples of 20 normal values Yuen's p-value, with 15 degrees of freedom, was below
/// 0.00002 in 1.30 times as many as it should be (below 0.001: 1.13 times; with 20 % trimmed: 2.15
/// times); 13 degrees divide that tail by 1.74.
[[nodiscard]] double trimmed_df(std::int64_t n);

/// The mean of some log ratios and what it may be taken for. With fewer than three of them there is
/// no test: every probability is NaN, so that no comparison with a level holds.
struct PairedTest {
  std::int64_t n = 0;
  double mean = kUnknown;            ///< of the pairs kept
  double df = kUnknown;              ///< degrees of freedom
  double sd = kUnknown;              ///< of one log ratio, as the mean's error has it: that × √n
  double standard_error = kUnknown;  ///< of the mean

  /// One-sided p-value against "the true mean is at most `bound`".
  [[nodiscard]] double p_above(double bound = 0) const;
  /// One-sided p-value against "the true mean is at least `bound`".
  [[nodiscard]] double p_below(double bound = 0) const;
  /// Two one-sided tests: the larger of the p-values against "at most low" and "at least high".
  [[nodiscard]] double p_within(double low, double high) const;
  /// Of the mean.
  [[nodiscard]] Interval interval(double confidence) const;
  /// The upper confidence limit of `sd`. Of 400,000 samples of 8 to 40 normal values the limit of
  /// 99 % lay below the true deviation in 0.4 to 0.7 %.
  [[nodiscard]] double sd_at_most(double confidence) const;
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
