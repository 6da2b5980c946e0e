// SPDX-License-Identifier: Apache-2.0
// Trimmed mean and winsorized deviation of log ratios (Tukey and McLaughlin, Sankhya A 25, 1963),
// and their p-values and intervals by Student's t.
#include "regression/gate/trimmed_t_test.h"

#include <algorithm>
#include <cmath>

#include "stats/chi_squared.h"
#include "stats/student_t.h"

namespace derate {
namespace {

constexpr std::int64_t kFewest = 3;

bool positive(double value) { return std::isfinite(value) && value > 0; }

template <typename Ratio>
std::vector<double> logs(std::span<const TimePair> pairs, Ratio ratio) {
  std::vector<double> found;
  found.reserve(pairs.size());
  for (const TimePair& pair : pairs) found.push_back(std::log(ratio(pair)));
  return found;
}

double time_ratio(const TimePair& pair) { return pair.candidate_s / pair.base_s; }
double clock_ratio(const TimePair& pair) { return pair.candidate_hz / pair.base_hz; }

/// The probability of a t statistic of at least this, or its limit where nothing varies.
double upper_tail(double difference, const PairedTest& test) {
  if (test.n < kFewest) return kUnknown;
  if (test.standard_error == 0) return difference > 0 ? 0.0 : (difference < 0 ? 1.0 : 0.5);
  return student_t_above(difference / test.standard_error, test.df);
}

}  // namespace

double PairedTest::p_above(double bound) const { return upper_tail(mean - bound, *this); }

double PairedTest::p_below(double bound) const { return upper_tail(bound - mean, *this); }

double PairedTest::p_within(double low, double high) const {
  return n < kFewest ? kUnknown : std::max(p_above(low), p_below(high));
}

Interval PairedTest::interval(double confidence) const {
  if (n < kFewest) return {kUnknown, kUnknown, 0};
  const double half = student_t_exceeded((1 - confidence) / 2, df) * standard_error;
  return {mean - half, mean + half, confidence};
}

double PairedTest::sd_at_most(double confidence) const {
  return n < kFewest ? kUnknown : sd * std::sqrt(df / chi_squared_exceeded(confidence, df));
}

double trimmed_df(std::int64_t n) { return static_cast<double>(n - 1 - 3 * trimmed_pairs(n)); }

PairedTest paired_test(std::span<const double> log_ratios) {
  PairedTest test;
  test.n = static_cast<std::int64_t>(log_ratios.size());
  if (test.n == 0) return test;
  const auto cut = trimmed_pairs(test.n);
  const auto kept = static_cast<double>(test.n - 2 * cut);
  std::vector<double> values(log_ratios.begin(), log_ratios.end());
  std::sort(values.begin(), values.end());
  std::fill_n(values.begin(), cut, values[static_cast<std::size_t>(cut)]);
  std::fill_n(values.rbegin(), cut, values[static_cast<std::size_t>(test.n - 1 - cut)]);
  const auto n = static_cast<double>(test.n);
  double winsorized_mean = 0;
  for (const double value : values) winsorized_mean += value / n;
  test.mean = 0;
  for (auto kept_one = values.begin() + cut; kept_one != values.end() - cut; ++kept_one) {
    test.mean += *kept_one / kept;
  }
  if (test.n == 1) return test;
  double squares = 0;
  for (const double value : values) {
    squares += (value - winsorized_mean) * (value - winsorized_mean);
  }
  test.df = trimmed_df(test.n);
  test.standard_error = std::sqrt(squares / (kept * (kept - 1)));
  test.sd = test.standard_error * std::sqrt(n);
  return test;
}

bool usable(std::span<const TimePair> pairs) {
  return std::all_of(pairs.begin(), pairs.end(), [](const TimePair& pair) {
    return positive(pair.base_s) && positive(pair.candidate_s);
  });
}

bool clocks_known(std::span<const TimePair> pairs) {
  return std::all_of(pairs.begin(), pairs.end(), [](const TimePair& pair) {
    return positive(pair.base_hz) && positive(pair.candidate_hz);
  });
}

std::vector<double> log_time_ratios(std::span<const TimePair> pairs) {
  return logs(pairs, time_ratio);
}

std::vector<double> log_clock_ratios(std::span<const TimePair> pairs) {
  return logs(pairs, clock_ratio);
}

std::vector<double> log_cycle_ratios(std::span<const TimePair> pairs) {
  return logs(pairs, [](const TimePair& pair) { return time_ratio(pair) * clock_ratio(pair); });
}

}  // namespace derate
