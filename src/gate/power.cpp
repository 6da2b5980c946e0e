// SPDX-License-Identifier: Apache-2.0
#include "gate/power.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numbers>

#include "gate/levels.h"

namespace derate {
namespace {

constexpr double kLargest = 2.4;  // log(11): beyond, "detectable" would say nothing

/// The value that Student's t with n - 1 degrees of freedom exceeds with probability `level`.
double critical(int n, double level) {
  if (n < 2) return 0;
  const boost::math::students_t_distribution<double> t(n - 1);
  return boost::math::quantile(boost::math::complement(t, level));
}

}  // namespace

SampleOf::SampleOf(int n, double steepest) : root_n_(std::sqrt(std::max(n, 1))) {
  if (n < 2) return;
  // The trapezoidal rule over u = log(s/σ), whose density exp(νu - ν·exp(2u)/2) falls so fast on
  // both sides that few points give every digit; a steep threshold asks for more of them.
  const double df = n - 1;
  const double low = -8 / std::sqrt(2 * df) - 16 / df;
  const double high = std::log1p(8 / std::sqrt(2 * df));
  const auto count = static_cast<int>(std::clamp((high - low) * steepest * 2, 32.0, 4000.0));
  double total = 0;
  for (int i = 0; i <= count; ++i) {
    const double u = low + (high - low) * i / count;
    const double weight = std::exp(df * (u - (std::exp(2 * u) - 1) / 2));
    nodes_.push_back({std::exp(u), weight});
    total += weight;
  }
  for (Node& node : nodes_) node.weight /= total;
}

template <typename Threshold>
double SampleOf::exceeds(double effect, double sd, Threshold threshold) const {
  const double standard_error = sd / root_n_;
  double sum = 0;
  for (const Node& node : nodes_) {
    const double z = (threshold(node.spread * standard_error) - effect) / standard_error;
    sum += node.weight * std::erfc(z / std::numbers::sqrt2) / 2;
  }
  return sum;
}

GatePower::GatePower(const GatePlan& plan, int confirm_pairs, int suspects)
    : plan_(plan),
      possible_(plan.screen_pairs >= 3 && confirm_pairs >= 3),
      screen_t_(critical(plan.screen_pairs, plan.screen_alpha)),
      margin_t_(critical(plan.screen_pairs, kEquivalenceLevel)),
      confirm_t_(critical(confirm_pairs, plan.family_alpha / std::max(suspects, 1))),
      screen_(plan.screen_pairs, std::max(screen_t_, margin_t_)),
      confirm_(confirm_pairs, confirm_t_) {}

double GatePower::at(double slowdown, double pair_sd) const {
  const double effect = std::log1p(slowdown);
  const double smallest = std::log1p(plan_.smallest_effect);
  const double margin = std::log1p(plan_.equivalence_margin);
  if (!possible_ || !(pair_sd >= 0)) return 0;
  if (pair_sd == 0) return effect >= smallest && effect > 0 ? 1 : 0;
  // Stage 1 lets go what neither looks slower nor lies outside the margin.
  const double reached = screen_.exceeds(effect, pair_sd, [&](double standard_error) {
    return std::min(screen_t_ * standard_error, margin - margin_t_ * standard_error);
  });
  const double confirmed = confirm_.exceeds(effect, pair_sd, [&](double standard_error) {
    return std::max(confirm_t_ * standard_error, smallest);
  });
  return reached * confirmed;
}

double GatePower::detectable(double pair_sd) const {
  if (!possible_ || !(pair_sd >= 0)) return kUnknown;
  if (pair_sd == 0) return plan_.smallest_effect;
  double low = 0;
  double high = kLargest;
  if (at(std::expm1(high), pair_sd) < plan_.power) return kUnknown;
  // From above, by halves, to where the answer is near; then by bisection to four digits.
  while (high > 1e-9 && at(std::expm1(high / 2), pair_sd) >= plan_.power) high /= 2;
  low = high / 2;
  while (high - low > 1e-4 * high) {
    const double middle = (low + high) / 2;
    (at(std::expm1(middle), pair_sd) >= plan_.power ? high : low) = middle;
  }
  return std::expm1(high);
}

double detectable_slowdown(const GatePlan& plan, double pair_sd, int suspects) {
  return GatePower(plan, plan.confirm_pairs, suspects).detectable(pair_sd);
}

int pairs_needed(const GatePlan& plan, double pair_sd, int most, int suspects) {
  const auto enough = [&](int pairs) {
    return GatePower(plan, pairs, suspects).at(plan.promise, pair_sd) >= plan.power;
  };
  int low = 2;  // never enough
  int high = most;
  if (high <= low || !enough(high)) return 0;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace derate
