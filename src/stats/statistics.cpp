// SPDX-License-Identifier: Apache-2.0
// Interval of the median from order statistics (binomial distribution), scaled MAD, and the
// prediction interval of three or more rounds by Student's t on their logarithms.
#include "derate/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/student_t.h"

namespace derate {
namespace {

/// Coverage of the interval between the r-th smallest and the r-th largest of n values: 1 minus
/// twice the probability of fewer than r heads in n tosses.
double coverage(std::size_t n, std::size_t r) {
  double term = std::exp2(-static_cast<double>(n));
  double tail = 0;
  for (std::size_t heads = 0; heads < r; ++heads) {
    tail += term;
    term *= static_cast<double>(n - heads) / static_cast<double>(heads + 1);
  }
  return 1 - 2 * tail;
}

/// The largest rank whose interval still covers with `confidence`; 1 when none does.
std::size_t innermost_rank(std::size_t n, double confidence) {
  constexpr std::size_t kExact =
      1000;  // beyond, 2^-n underflows, and the normal law is exact enough
  if (n > kExact) {
    const double z =
        student_t_exceeded((1 - confidence) / 2, std::numeric_limits<double>::infinity());
    const auto size = static_cast<double>(n);
    return static_cast<std::size_t>(std::max(1.0, std::floor((size - z * std::sqrt(size)) / 2)));
  }
  std::size_t rank = 1;
  while (2 * (rank + 1) <= n && coverage(n, rank + 1) >= confidence) ++rank;
  return rank;
}

Interval hull(std::span<const Interval> intervals) {
  Interval all{kUnknown, kUnknown, intervals.empty() ? 0.0 : 1.0};
  for (const Interval& one : intervals) {
    all.low = std::fmin(all.low, one.low);
    all.high = std::fmax(all.high, one.high);
    all.confidence = std::min(all.confidence, one.confidence);
  }
  return all;
}

Interval log_prediction_interval(std::span<const double> values, double confidence) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += std::log(value) / n;
  double variance = 0;
  for (const double value : values) {
    variance += (std::log(value) - mean) * (std::log(value) - mean) / (n - 1);
  }
  const double half =
      student_t_exceeded((1 - confidence) / 2, n - 1) * std::sqrt(variance * (1 + 1 / n));
  return {std::exp(mean - half), std::exp(mean + half), confidence};
}

}  // namespace

double Interval::relative_half_width(double centre) const { return (high - low) / 2 / centre; }

double median(std::span<const double> values) {
  if (values.empty()) return kUnknown;
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(sorted.begin(), middle)) / 2;
}

double mean_of_known(std::span<const double> values) {
  double sum = 0;
  double count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return sum / count;
}

double scaled_mad(std::span<const double> values) {
  const double centre = median(values);
  std::vector<double> deviations;
  for (const double value : values) deviations.push_back(std::abs(value - centre));
  return 1.4826 * median(deviations);
}

Interval median_interval(std::span<const double> values, double confidence) {
  if (values.empty()) return {kUnknown, kUnknown, 0};
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  const std::size_t rank = innermost_rank(n, confidence);
  return {sorted[rank - 1], sorted[n - rank], n > 1000 ? confidence : coverage(n, rank)};
}

Estimate combine_rounds(std::span<const double> round_medians, std::span<const Interval> within,
                        double confidence) {
  const double centre = median(round_medians);
  if (round_medians.size() < 3) return {centre, hull(within)};
  // It always holds the median, which lies within one standard deviation of the mean.
  return {centre, log_prediction_interval(round_medians, confidence)};
}

}  // namespace derate
