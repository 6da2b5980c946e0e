// SPDX-License-Identifier: Apache-2.0
// Welch's standard error with Satterthwaite's degrees of freedom; with a single process on a side,
// the known or the other side's spread. Power by the noncentral t distribution.
#include "stats/welch_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/student_t.h"
#include "stats/test_levels.h"

namespace derate {
namespace {

struct Group {
  double n = 0;
  double mean = kUnknown;      ///< of the logarithms
  double variance = kUnknown;  ///< of the logarithms; NaN for fewer than two
};

Group group_of(std::span<const double> times_s) {
  Group group;
  group.n = static_cast<double>(times_s.size());
  if (times_s.empty()) return group;
  double sum = 0;
  for (const double time : times_s) sum += std::log(time);
  group.mean = sum / group.n;
  if (times_s.size() < 2) return group;
  double squares = 0;
  for (const double time : times_s) {
    squares += (std::log(time) - group.mean) * (std::log(time) - group.mean);
  }
  group.variance = squares / (group.n - 1);
  return group;
}

bool usable(std::span<const double> times_s) {
  return !times_s.empty() && std::all_of(times_s.begin(), times_s.end(), [](double time) {
    return std::isfinite(time) && time > 0;
  });
}

/// Welch's standard error, with Satterthwaite's degrees of freedom.
void use_welch(UnpairedTest& test, const Group& base, const Group& candidate) {
  const double a = base.variance / base.n;
  const double b = candidate.variance / candidate.n;
  test.basis = UnpairedBasis::welch;
  test.standard_error = std::sqrt(a + b);
  const double below = a * a / (base.n - 1) + b * b / (candidate.n - 1);
  test.df = below > 0 ? (a + b) * (a + b) / below : base.n + candidate.n - 2;
}

void use_spread(UnpairedTest& test, UnpairedBasis basis, double sd, double df) {
  const auto inverse = [](std::int64_t n) { return 1 / static_cast<double>(n); };
  test.basis = basis;
  test.standard_error = sd * std::sqrt(inverse(test.base_n) + inverse(test.candidate_n));
  test.df = df;
}

void choose_basis(UnpairedTest& test, const Group& base, const Group& candidate,
                  const UnpairedPlan& plan) {
  const bool known = std::isfinite(plan.known_log_sd) && plan.known_log_sd > 0;
  if (base.n >= 2 && candidate.n >= 2) {
    use_welch(test, base, candidate);
  } else if (known) {
    use_spread(test, UnpairedBasis::known_sd, plan.known_log_sd, plan.known_df);
  } else if (std::max(base.n, candidate.n) >= 3) {
    const Group& larger = base.n > candidate.n ? base : candidate;
    use_spread(test, UnpairedBasis::pooled, std::sqrt(larger.variance), larger.n - 1);
  }
}

/// The probability that the test's statistic exceeds `t`; its limit for a spread of 0.
double tail(const UnpairedTest& test, double difference) {
  if (test.basis == UnpairedBasis::none) return kUnknown;
  if (test.standard_error == 0) return difference > 0 ? 0.0 : (difference < 0 ? 1.0 : 0.5);
  return student_t_above(difference / test.standard_error, test.df);
}

/// In standard errors, by bisection; the power only rises with the shift.
double detectable_shift(double df, const UnpairedPlan& plan) {
  const double threshold = student_t_exceeded(plan.alpha, df);
  double low = 0;
  double high = 1;
  while (high < 1e4 && noncentral_t_above(threshold, df, high) < plan.power) {
    low = high;
    high *= 2;
  }
  if (high >= 1e4) return kUnknown;
  while (high - low > 1e-6 * high) {
    const double middle = (low + high) / 2;
    (noncentral_t_above(threshold, df, middle) >= plan.power ? high : low) = middle;
  }
  return high;
}

void fill_probabilities(UnpairedTest& test, const UnpairedPlan& plan) {
  test.p_slower = tail(test, test.log_ratio);
  test.p_faster = tail(test, -test.log_ratio);
  if (test.basis == UnpairedBasis::none) return;
  const double half = student_t_exceeded((1 - kConfidence) / 2, test.df) * test.standard_error;
  test.change.interval = {std::expm1(test.log_ratio - half), std::expm1(test.log_ratio + half),
                          kConfidence};
  if (plan.power > 0) {
    test.detectable = std::expm1(detectable_shift(test.df, plan) * test.standard_error);
  }
}

}  // namespace

double UnpairedTest::p_unchanged(double margin) const {
  return std::max(tail(*this, log_ratio - std::log1p(-margin)),
                  tail(*this, std::log1p(margin) - log_ratio));
}

UnpairedTest unpaired_test(std::span<const double> base_s, std::span<const double> candidate_s,
                           const UnpairedPlan& plan) {
  UnpairedTest test;
  test.base_n = static_cast<std::int64_t>(base_s.size());
  test.candidate_n = static_cast<std::int64_t>(candidate_s.size());
  test.base_s = usable(base_s) ? median(base_s) : kUnknown;
  test.candidate_s = usable(candidate_s) ? median(candidate_s) : kUnknown;
  test.change = {kUnknown, {kUnknown, kUnknown, 0}};
  test.log_ratio = test.standard_error = test.df = kUnknown;
  test.p_slower = test.p_faster = test.detectable = kUnknown;
  if (!usable(base_s) || !usable(candidate_s)) return test;
  const Group base = group_of(base_s);
  const Group candidate = group_of(candidate_s);
  test.log_ratio = candidate.mean - base.mean;
  test.change.value = std::expm1(test.log_ratio);
  choose_basis(test, base, candidate, plan);
  fill_probabilities(test, plan);
  return test;
}

}  // namespace derate
