// SPDX-License-Identifier: Apache-2.0
// Integrates the power of both stages over the distribution of the sample's deviation by the
// trapezoidal rule, and solves for the detectable slowdown (TOMS 748) and for the number of pairs
// (one by one).
#include "regression/gate/power.h"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "regression/gate/trimmed_t_test.h"
#include "stats/student_t.h"
#include "stats/test_levels.h"

namespace derate {
namespace {

/// The value that the test's statistic of n pairs exceeds with probability `level`.
double critical(int n, double level) {
  if (n < 3) return 0;
  return student_t_exceeded(level, trimmed_df(n));
}

}  // namespace

SampleOf::SampleOf(int n, double steepest) : root_n_(std::sqrt(std::max(n, 1))) {
  if (n < 3) return;
  // The trapezoidal rule over u = log(s/σ), whose density exp(νu - ν·exp(2u)/2) falls so fast on
  // both sides that few points give every digit; a steep threshold asks for more of them.
  const double df = trimmed_df(n);
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
  std::erase_if(nodes_, [&](const Node& node) { return node.weight < 1e-12 * total; });
  double before = 0;
  for (Node& node : nodes_) {
    node.weight /= total;
    node.before = before;
    before += node.weight;
  }
}

template <typename Threshold>
double SampleOf::exceeds(double effect, double sd, Threshold threshold) const {
  constexpr double kCertain = 7;  // standard errors; a mean is further away with 1e-12
  if (nodes_.empty()) return 0;
  const double standard_error = sd / root_n_;
  const auto distance = [&](const Node& node) {
    return (threshold(node.spread * standard_error) - effect) / standard_error;
  };
  // A steep threshold has many nodes, of which few are near: the others are counted as one.
  auto node = std::partition_point(nodes_.begin(), nodes_.end(),
                                   [&](const Node& each) { return distance(each) < -kCertain; });
  double sum = node == nodes_.end() ? 1 : node->before;
  for (; node != nodes_.end(); ++node) {
    const double z = distance(*node);
    if (z > kCertain) break;
    sum += node->weight * std::erfc(z / std::numbers::sqrt2) / 2;
  }
  return sum;
}

template <typename Of>
double SampleOf::mean(double sd, Of of) const {
  double sum = 0;
  for (const Node& node : nodes_) sum += node.weight * of(node.spread * sd / root_n_);
  return sum;
}

ScreenOdds screen_odds(const GatePlan& plan, double pair_sd) {
  const int n = plan.screen_pairs;
  if (pair_sd == 0) return {};
  const double leaning_t = critical(n, std::max(kLeaningLevel, plan.screen_alpha));
  const double moved_t = critical(n, plan.screen_alpha);
  const double equivalent_t = critical(n, kEquivalenceLevel);
  const double true_error = pair_sd / std::sqrt(n);
  const double margin = std::log1p(plan.equivalence_margin);
  // Stage 1 settles what is neither sure to have moved nor too near the margin.
  const auto settled_below = [&](double standard_error) {
    return std::min(moved_t * standard_error, margin - equivalent_t * standard_error);
  };
  const auto above = [&](double mean) {
    return std::erfc(mean / true_error / std::numbers::sqrt2) / 2;
  };
  const SampleOf screen(n, moved_t);
  return {screen.mean(pair_sd,
                      [&](double standard_error) {
                        return 2 * above(std::max(0.0, settled_below(standard_error)));
                      }),
          screen.mean(pair_sd, [&](double standard_error) {
            return above(std::max(leaning_t * standard_error, settled_below(standard_error)));
          })};
}

GatePower::GatePower(const GatePlan& plan, int confirm_pairs, int suspects)
    : plan_(plan),
      confirm_pairs_(confirm_pairs),
      possible_(plan.screen_pairs >= 3 && confirm_pairs >= 3),
      screen_t_(critical(plan.screen_pairs, std::max(kLeaningLevel, plan.screen_alpha))),
      confirm_t_(critical(confirm_pairs, kHolmShare * plan.family_alpha / std::max(suspects, 1))),
      screen_(plan.screen_pairs, screen_t_),
      confirm_(confirm_pairs, confirm_t_) {}

double GatePower::at(double slowdown, double pair_sd) const {
  const double effect = std::log1p(slowdown);
  const double smallest = std::log1p(plan_.smallest_effect);
  if (!possible_ || !(pair_sd >= 0)) return 0;
  if (pair_sd == 0) return effect >= smallest && effect > 0 ? 1 : 0;
  // Whatever leans this way stays: it is suspect, or not shown to be unchanged.
  const double reached = screen_.exceeds(
      effect, pair_sd, [&](double standard_error) { return screen_t_ * standard_error; });
  const double confirmed = confirm_.exceeds(effect, pair_sd, [&](double standard_error) {
    return std::max(confirm_t_ * standard_error, smallest);
  });
  return reached * confirmed;
}

double GatePower::detectable(double pair_sd) const {
  if (!possible_ || !(pair_sd >= 0)) return kUnknown;
  if (pair_sd == 0) return plan_.smallest_effect;
  const auto lacks = [&](double effect) { return at(std::expm1(effect), pair_sd) - plan_.power; };
  // The thresholds' size; the answer is mostly a few standard errors above, and with few pairs
  // many.
  const double standard_error = pair_sd / std::sqrt(confirm_pairs_);
  double step = std::max(2 * standard_error, 1e-9);
  double low = std::max(std::log1p(plan_.smallest_effect), confirm_t_ * standard_error / 2);
  if (!(low < kLargestDetectable) || lacks(low) >= 0) low = 0;
  double high = std::min(low + step, kLargestDetectable);
  while (lacks(high) < 0) {
    if (high == kLargestDetectable) return kUnknown;
    low = high;
    step *= 2;
    high = std::min(high + step, kLargestDetectable);
  }
  std::uintmax_t most = 50;
  const auto found = boost::math::tools::toms748_solve(
      lacks, low, high, boost::math::tools::eps_tolerance<double>(14), most);
  return std::expm1(found.second);
}

double detectable_slowdown(const GatePlan& plan, double pair_sd, int suspects) {
  return GatePower(plan, plan.confirm_pairs, suspects).detectable(pair_sd);
}

int pairs_needed(const GatePlan& plan, double pair_sd, int most, int suspects) {
  // One by one: the test leaves out one pair more with every eighth, and then is weaker for a
  // while.
  for (int pairs = 3; pairs <= most; ++pairs) {
    if (GatePower(plan, pairs, suspects).at(plan.promise, pair_sd) >= plan.power) return pairs;
  }
  return 0;
}

}  // namespace derate
