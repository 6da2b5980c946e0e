// SPDX-License-Identifier: Apache-2.0
// A factor of an attribution with its interval, out of samples of several stages that were taken
// in turns. Factors that are quotients of the same medians multiply exactly, within a round and
// over rounds, where their geometric mean is taken.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "derate/statistics.h"

namespace derate {

inline constexpr Estimate kNoFigure = {kUnknown, {kUnknown, kUnknown, 0}};

/// One of the numbers whose product is achieved ÷ peak, or a ratio that stands beside them.
struct LossFactor {
  std::string name;
  Estimate value = kNoFigure;  ///< unknown: `note` says why
  std::string note;
};

/// Fewer turns than this give no interval within a round: with them the bootstrap's covers 95 %,
/// with six of them 93 % (simulated, normal and exponential noise, independent from turn to turn).
inline constexpr std::size_t kFewestTurns = 8;

/// What was measured in one round: times or clocks of several stages. Value i of each series was
/// taken in turn i, beside value i of the others; what some series have more of is left out. A
/// figure that is one for the whole round is a series of equal values.
using RoundSeries = std::vector<std::vector<double>>;

/// A positive figure of a round, made of the medians of its series, in their order.
using FigureOfMedians = std::function<double(std::span<const double> medians)>;

/// The figure over all rounds: its geometric mean. From three rounds on the 95 % interval is
/// Student's t of the rounds' logarithms, which holds what moves between rounds. With one or two it
/// is a paired bootstrap over the turns of each round, with a fixed seed, which holds the noise
/// within a round only. Value and interval are unknown without rounds, or where a round has no turn
/// in common or a figure that is not positive; the interval alone with fewer than kFewestTurns
/// turns in one of two rounds, or where noise makes a figure of the bootstrap not positive.
[[nodiscard]] Estimate figure_of_rounds(std::span<const RoundSeries> rounds,
                                        const FigureOfMedians& figure);

/// Two stages of one round.
struct StagePair {
  std::vector<double> numerator;
  std::vector<double> denominator;
};

/// Median of the numerator's samples ÷ median of the denominator's, over all rounds, as above.
[[nodiscard]] Estimate ratio_of_stages(std::span<const StagePair> rounds);

}  // namespace derate
