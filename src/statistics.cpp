// SPDX-License-Identifier: Apache-2.0
#include "derate/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <vector>

namespace derate {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Coverage of the interval between the r-th smallest and the r-th largest of n values.
double coverage(int n, int r) {
  const boost::math::binomial_distribution<double> heads(n, 0.5);
  return 1 - 2 * boost::math::cdf(heads, r - 1);
}

Interval hull(std::span<const Interval> intervals) {
  Interval all{kNan, kNan, 0};
  for (const Interval& one : intervals) {
    all.low = std::fmin(all.low, one.low);
    all.high = std::fmax(all.high, one.high);
    all.confidence = std::max(all.confidence, one.confidence);
  }
  return all;
}

Interval log_t_interval(std::span<const double> values, double confidence) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += std::log(value) / n;
  double variance = 0;
  for (const double value : values) {
    variance += (std::log(value) - mean) * (std::log(value) - mean) / (n - 1);
  }
  const boost::math::students_t_distribution<double> t(n - 1);
  const double half = boost::math::quantile(t, (1 + confidence) / 2) * std::sqrt(variance / n);
  return {std::exp(mean - half), std::exp(mean + half), confidence};
}

}  // namespace

double Interval::relative_half_width(double centre) const { return (high - low) / 2 / centre; }

double median(std::span<const double> values) {
  if (values.empty()) return kNan;
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(sorted.begin(), middle)) / 2;
}

double scaled_mad(std::span<const double> values) {
  const double centre = median(values);
  std::vector<double> deviations;
  for (const double value : values) deviations.push_back(std::abs(value - centre));
  return 1.4826 * median(deviations);
}

Interval median_interval(std::span<const double> values, double confidence) {
  if (values.empty()) return {kNan, kNan, 0};
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const int n = static_cast<int>(sorted.size());
  int rank = 1;
  while (2 * (rank + 1) <= n && coverage(n, rank + 1) >= confidence) ++rank;
  return {sorted[static_cast<std::size_t>(rank - 1)], sorted[static_cast<std::size_t>(n - rank)],
          coverage(n, rank)};
}

Estimate combine_rounds(std::span<const double> round_medians, std::span<const Interval> within,
                        double confidence) {
  const double centre = median(round_medians);
  if (round_medians.size() < 3) return {centre, hull(within)};
  Interval interval = log_t_interval(round_medians, confidence);
  // The t interval is centred on the mean of the logarithms; a skewed set can leave its median out.
  interval.low = std::min(interval.low, centre);
  interval.high = std::max(interval.high, centre);
  return {centre, interval};
}

}  // namespace derate
