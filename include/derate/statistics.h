// SPDX-License-Identifier: Apache-2.0
// Robust statistics with an interval for every figure. Pure functions; none throws.
#pragma once

#include <limits>
#include <span>

namespace derate {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// A range with the probability that it covers the true value. Both ends are NaN when there is
/// nothing to say.
struct Interval {
  double low = 0;
  double high = 0;
  double confidence = 0;

  /// Half the width, relative to `centre`.
  [[nodiscard]] double relative_half_width(double centre) const;
  [[nodiscard]] bool contains(double value) const { return low <= value && value <= high; }
};

/// A central value with its interval.
struct Estimate {
  double value = 0;
  Interval interval;
};

/// The middle value, or the mean of the middle two; NaN for no values.
[[nodiscard]] double median(std::span<const double> values);

/// The mean of the values that are known; NaN where none is.
[[nodiscard]] double mean_of_known(std::span<const double> values);

/// Median of the absolute deviations from the median, times 1.4826 so that it estimates the
/// standard deviation of normal data; NaN for no values, 0 for one.
[[nodiscard]] double scaled_mad(std::span<const double> values);

/// Distribution-free interval of the median from order statistics (Conover, Practical
/// Nonparametric Statistics, 3rd ed., section 3.2): the narrowest symmetric pair of ranks that
/// covers with at least `confidence`. Below six values no pair covers 95 %; then it is the whole
/// range, and Interval::confidence holds what that does cover: 1 - 2^(1-n), 0 for one value.
[[nodiscard]] Interval median_interval(std::span<const double> values, double confidence = 0.95);

/// Combines the medians of several rounds (independent repetitions spread over time) of a positive
/// quantity. From three rounds on, the interval is where one more round would come out, with
/// probability `confidence`: Student's t prediction interval over the rounds' logarithms (Hahn and
/// Meeker, Statistical Intervals, section 4.7). It holds what moves between rounds, and narrows
/// towards the rounds' spread, not towards 0. For one or two rounds it is the hull of `within`, the
/// rounds' own intervals.
[[nodiscard]] Estimate combine_rounds(std::span<const double> round_medians,
                                      std::span<const Interval> within, double confidence = 0.95);

}  // namespace derate
