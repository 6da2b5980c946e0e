// SPDX-License-Identifier: Apache-2.0
// Two groups of processes that were not interleaved: Welch's t test on the logarithms of their
// times. Weaker than pairs, as what drifted between the groups counts as a change
// (docs/regression.md).
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "derate/statistics.h"

namespace derate {

/// What a comparison of two groups may rest on.
enum class UnpairedBasis {
  none,      ///< too few processes: there is a change, but no interval and no p-value
  welch,     ///< each side's own spread
  pooled,    ///< one side is a single process and borrows the other's spread
  known_sd,  ///< a side has too few, and the standard deviation was given
};

struct UnpairedTest {
  UnpairedBasis basis = UnpairedBasis::none;
  std::int64_t base_n = 0;  ///< processes
  std::int64_t candidate_n = 0;
  double base_s = 0;          ///< median; NaN for no processes or an unusable time
  double candidate_s = 0;     ///< the same
  Estimate change;            ///< ratio of geometric means - 1, with its 95 % interval (NaN: none)
  double log_ratio = 0;       ///< the same as a mean log(candidate) - mean log(base)
  double standard_error = 0;  ///< of log_ratio; NaN without a basis, as is all below
  double df = 0;              ///< degrees of freedom; infinite for an exact standard deviation
  double p_slower = 0;        ///< one-sided
  double p_faster = 0;        ///< one-sided
  double detectable = 0;      ///< smallest slowdown found at `alpha` with `power`; or NaN

  /// Two one-sided tests: the p-value against a change of `margin` or more either way.
  [[nodiscard]] double p_unchanged(double margin) const;
};

struct UnpairedPlan {
  double alpha = 0.001;     ///< one-sided, of this one test; divide by their number for a family
  double power = 0.99;      ///< 0: what is detectable is not asked for
  double known_log_sd = 0;  ///< from process to process, as of log(time); 0: not known
  double known_df = std::numeric_limits<double>::infinity();  ///< with which that was estimated
};

/// Compares times per process, of which each must be a finite number above 0: else the basis is
/// none and the change NaN. One process a side has no spread of its own: unless the standard
/// deviation is known there is no interval, however many samples the process took.
[[nodiscard]] UnpairedTest unpaired_test(std::span<const double> base_s,
                                         std::span<const double> candidate_s,
                                         const UnpairedPlan& plan = {});

}  // namespace derate
