// SPDX-License-Identifier: Apache-2.0
// Each row's variance between rounds over the group's median of it; the logarithm of the middle
// one, with its sign turned so that low is unsteady, under the group's own distribution.
#include "fleet/unsteady.h"

#include <algorithm>
#include <cmath>

#include "fleet/judge.h"
#include "stats/false_discoveries.h"
#include "stats/heavy_tail.h"

namespace derate::fleet {
namespace {

constexpr double kLeastVariance = 1e-8;     ///< of 0.01 %: repetitions of a file are no steadiness
constexpr double kLeastSteadyScale = 0.05;  ///< of the logarithm of a standard deviation

/// Of each row over the GPUs; NaN where nothing is known.
std::vector<double> usual_variances(const Levels& levels) {
  std::vector<double> usual(levels.rows, kUnknown);
  for (std::size_t row = 0; row < levels.rows; ++row) {
    std::vector<double> known;
    for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
      const double variance = levels.between[gpu * levels.rows + row];
      if (!std::isnan(variance)) known.push_back(variance);
    }
    if (!known.empty()) usual[row] = std::max(median(known), kLeastVariance);
  }
  return usual;
}

struct PartSpread {
  std::vector<double> steadiness;  ///< of each GPU; NaN where not known
  std::vector<double> between;     ///< standard deviation between rounds
};

PartSpread spread_of(const Levels& levels, const std::vector<double>& usual, Part part) {
  PartSpread found{std::vector<double>(levels.gpus, kUnknown),
                   std::vector<double>(levels.gpus, kUnknown)};
  std::vector<double> typical;
  for (std::size_t row = 0; row < levels.rows; ++row) {
    if (levels.parts[row] == part && !std::isnan(usual[row])) typical.push_back(usual[row]);
  }
  if (typical.empty()) return found;
  const double typical_deviation = std::sqrt(median(typical));
  std::vector<double> ratios;
  for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
    ratios.clear();
    for (std::size_t row = 0; row < levels.rows; ++row) {
      const double variance = levels.between[gpu * levels.rows + row];
      if (levels.parts[row] != part || std::isnan(variance)) continue;
      ratios.push_back(std::max(variance, kLeastVariance) / usual[row]);
    }
    if (ratios.empty()) continue;
    const double ratio = std::sqrt(median(ratios));
    found.steadiness[gpu] = -std::log(ratio);
    found.between[gpu] = ratio * typical_deviation;
  }
  return found;
}

}  // namespace

std::vector<Unsteadiness> unsteadiness(const Levels& levels) {
  const std::vector<double> usual = usual_variances(levels);
  std::vector<Unsteadiness> found(levels.gpus);
  std::vector<double> least(levels.gpus, kUnknown);
  constexpr std::array kJudged = {Part::compute, Part::memory, Part::transfer};
  for (const Part part : kJudged) {
    const PartSpread spread = spread_of(levels, usual, part);
    std::vector<double> known = spread.steadiness;
    std::erase_if(known, [](double value) { return std::isnan(value); });
    if (known.size() < kSmallGroup) continue;
    const HeavyTail tail(known, kLeastSteadyScale);
    for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
      if (std::isnan(spread.steadiness[gpu])) continue;
      const double probability = std::min(1.0, tail.below(spread.steadiness[gpu]) * kJudged.size());
      if (probability >= least[gpu]) continue;  // false where none is known yet
      least[gpu] = probability;
      found[gpu].between_rounds = spread.between[gpu];
    }
  }
  const std::vector<double> shares = q_values(least);
  for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
    if (!std::isnan(shares[gpu])) found[gpu].false_share = shares[gpu];
  }
  return found;
}

}  // namespace derate::fleet
