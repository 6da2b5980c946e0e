// SPDX-License-Identifier: Apache-2.0
// Huber's M-estimates of the builds' effects by alternating weighted means (Huber, Ann. Math.
// Statist. 35, 1964), then Welch's test of their means (Biometrika 34, 1947).
#include "regression/gate/builds_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "regression/gate/power.h"
#include "stats/chi_squared.h"
#include "stats/student_t.h"

namespace derate {
namespace {

/// Of each build on the logarithm of a time, but for a constant that both sides share.
struct Effects {
  std::vector<double> base;
  std::vector<double> candidate;

  [[nodiscard]] double difference(const TimePair& pair) const {
    return candidate[static_cast<std::size_t>(pair.candidate_build)] -
           base[static_cast<std::size_t>(pair.base_build)];
  }
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The squared standard error of the mean.
double squared_error(const std::vector<double>& values) {
  const double middle = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  const auto n = static_cast<double>(values.size());
  return squares / (n - 1) / n;
}

/// Huber's weights of the pairs: 1 up to 1.345 standard deviations (95 % efficiency where noise is
/// normal), by the median of the residuals.
std::vector<double> weights_of(std::span<const double> log_ratios, std::span<const TimePair> pairs,
                               const Effects& effects) {
  std::vector<double> sizes;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    sizes.push_back(std::abs(log_ratios[i] - effects.difference(pairs[i])));
  }
  constexpr double kFarOff = 1.345 * 1.4826;
  const double allowed = kFarOff * median(sizes);
  for (double& size : sizes) size = size > allowed && allowed > 0 ? allowed / size : 1.0;
  return sizes;
}

/// One side's effects anew, given the other's. Returns the largest step.
template <typename BuildOf, typename EffectIn>
double refit(std::vector<double>& effects, std::span<const double> weights, BuildOf build_of,
             EffectIn effect_in) {
  std::vector<double> sums(effects.size());
  std::vector<double> totals(effects.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sums[build_of(i)] += weights[i] * effect_in(i);
    totals[build_of(i)] += weights[i];
  }
  double step = 0;
  for (std::size_t b = 0; b < effects.size(); ++b) {
    const double fitted = sums[b] / totals[b];
    step = std::max(step, std::abs(fitted - effects[b]));
    effects[b] = fitted;
  }
  return step;
}

Effects fit(std::span<const double> log_ratios, std::span<const TimePair> pairs,
            const BuildCounts& builds) {
  Effects effects{std::vector<double>(static_cast<std::size_t>(builds.base)),
                  std::vector<double>(static_cast<std::size_t>(builds.candidate))};
  const auto base = [&](std::size_t i) { return static_cast<std::size_t>(pairs[i].base_build); };
  const auto candidate = [&](std::size_t i) {
    return static_cast<std::size_t>(pairs[i].candidate_build);
  };
  std::vector<double> weights(pairs.size(), 1.0);
  constexpr int kMostSweeps = 200;
  constexpr double kSmallStep = 1e-9;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    const double step = std::max(
        refit(effects.candidate, weights, candidate,
              [&](std::size_t i) { return log_ratios[i] + effects.base[base(i)]; }),
        refit(effects.base, weights, base,
              [&](std::size_t i) { return effects.candidate[candidate(i)] - log_ratios[i]; }));
    if (sweep > 0 && step < kSmallStep) break;
    weights = weights_of(log_ratios, pairs, effects);
  }
  return effects;
}

/// Whether every build of one side is bound to every one of the other by builds that met.
bool connected(std::span<const TimePair> pairs, const BuildCounts& builds) {
  std::vector<bool> base(static_cast<std::size_t>(builds.base));
  std::vector<bool> candidate(static_cast<std::size_t>(builds.candidate));
  base[0] = true;
  for (bool grew = true; grew;) {
    grew = false;
    for (const TimePair& pair : pairs) {
      const auto b = static_cast<std::size_t>(pair.base_build);
      const auto c = static_cast<std::size_t>(pair.candidate_build);
      if (base[b] == candidate[c]) continue;
      base[b] = candidate[c] = grew = true;
    }
  }
  const auto reached = [](bool each) { return each; };
  return std::all_of(base.begin(), base.end(), reached) &&
         std::all_of(candidate.begin(), candidate.end(), reached);
}

/// Standard error and degrees of freedom of the difference of the means.
void add_error(const Effects& effects, PairedTest& test) {
  const auto base_df = static_cast<double>(effects.base.size() - 1);
  const auto candidate_df = static_cast<double>(effects.candidate.size() - 1);
  test.df = base_df + candidate_df;
  if (base_df == 0 || candidate_df == 0) {
    const double of_one = squared_error(base_df == 0 ? effects.candidate : effects.base);
    test.standard_error = std::sqrt(of_one * (test.df + 2));  // s²/n + s²
    return;
  }
  const double base = squared_error(effects.base);
  const double candidate = squared_error(effects.candidate);
  const double both = base + candidate;
  test.standard_error = std::sqrt(both);
  if (both == 0) return;
  test.df = both * both / (base * base / base_df + candidate * candidate / candidate_df);
}

}  // namespace

BuildCounts builds_of(std::span<const TimePair> pairs) {
  BuildCounts builds;
  for (const TimePair& pair : pairs) {
    builds.base = std::max(builds.base, pair.base_build + 1);
    builds.candidate = std::max(builds.candidate, pair.candidate_build + 1);
  }
  return builds;
}

bool several(const BuildCounts& builds) { return builds.base > 1 || builds.candidate > 1; }

PairedTest test_of(std::span<const double> log_ratios, std::span<const TimePair> pairs) {
  const BuildCounts builds = builds_of(pairs);
  if (!several(builds)) return paired_test(log_ratios);
  if (!connected(pairs, builds)) return {};
  const Effects effects = fit(log_ratios, pairs, builds);
  PairedTest test;
  test.n = static_cast<std::int64_t>(pairs.size());
  test.mean = mean(effects.candidate) - mean(effects.base);
  add_error(effects, test);
  test.sd = test.standard_error * std::sqrt(static_cast<double>(test.n));
  return test;
}

PairedTest time_test(std::span<const TimePair> pairs) {
  return test_of(log_time_ratios(pairs), pairs);
}

double detectable_between_builds(const GatePlan& plan, const PairedTest& test, int family) {
  if (!(test.standard_error >= 0)) return kUnknown;
  const double missed = (1 - plan.power) / 2;
  const double level = plan.family_alpha / std::max(family, 1);
  const double largest_error = std::sqrt(chi_squared_exceeded(missed, test.df) / test.df);
  const double threshold =
      std::max(student_t_exceeded(level, test.df) * largest_error * test.standard_error,
               std::log1p(plan.smallest_effect));
  const double luck = student_t_exceeded(missed, std::numeric_limits<double>::infinity());
  const double effect = threshold + luck * test.standard_error;
  return effect <= kLargestDetectable ? std::expm1(effect) : kUnknown;
}

}  // namespace derate
