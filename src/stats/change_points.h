// SPDX-License-Identifier: Apache-2.0
// Where the level of a series changed. Pure functions of numbers (logarithms of times, one a
// session); the same series always gives the same answer.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace derate::history {

/// No session is repeated more exactly than this, of the logarithm of its time: a run of equal
/// times (a coarse timer, the same file in two copies) must not make every other time a change.
inline constexpr double kLeastSd = 2e-4;

struct ChangePointPlan {
  double alpha = 0.001;         ///< probability of any change point in a series without one
  double smallest = 0.01;       ///< a smaller change of level is none (of a logarithm: 1 %)
  std::size_t min_segment = 3;  ///< sessions on either side
  double spike_sds = 5;         ///< single values further than this from both sides are spikes
  double most_spikes = 0.05;    ///< share of a series; one that has more has no spikes but modes
};

struct Levels {
  std::vector<std::size_t> starts;  ///< of each segment, as indices into the values; the first is 0
  std::vector<double> means;        ///< of each segment, without its spikes
  std::vector<std::size_t> counts;  ///< of the values in each mean
  std::vector<bool> spikes;         ///< for each value
  double sd = 0;                    ///< of a value around the mean of its segment
  std::size_t freedom = 0;          ///< degrees of freedom of `sd`
  double correlation = 0;           ///< of neighbouring values around their level; 0 or more
};

/// Splits where a level differs from the next one, or a block of values from what surrounds it, by
/// more than chance gives anywhere in the series: Student's t with Bonferroni's bound over every
/// place and block that is tried, so that the bound holds for normal noise of any series' length.
/// Where neighbouring values still resemble each other (slow drift), t is reduced for it, and what
/// was split is joined again where too little is left.
[[nodiscard]] Levels find_levels(const ChangePointPlan& plan, std::span<const double> values);

/// Values that stand alone: far from up to three neighbours on either side. The last one may be the
/// first of a new level; it is a spike until the next session says otherwise. Where more than a few
/// stand alone (more than a share of `most`, and than one), standing alone is how the series is: it
/// scatters in two modes, or creeps by more than it scatters; then none is a spike.
[[nodiscard]] std::vector<bool> find_spikes(std::span<const double> values, double sds,
                                            double most);

/// Correlation of neighbouring residuals around the means of so many segments, with the bias of
/// short segments taken off; 0 to 0.9.
[[nodiscard]] double neighbour_correlation(std::span<const double> residuals,
                                           std::size_t segments = 1);

}  // namespace derate::history
