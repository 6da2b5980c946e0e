// SPDX-License-Identifier: Apache-2.0
// How likely the gate is to find a slowdown: the noncentral t distribution, with the thresholds
// that a plain t test does not have.
#pragma once

#include <vector>

#include "regression/gate/gate.h"

namespace derate {

/// As a log ratio, log(11): beyond, a detectable slowdown would say nothing.
inline constexpr double kLargestDetectable = 2.4;

/// What n normal log ratios say with which probability. Given their standard deviation their mean
/// is normal, so the probability that the mean exceeds a threshold that depends on the standard
/// deviation is an integral over the latter alone; with the threshold t·s/√n it is the noncentral
/// t distribution's tail.
class SampleOf {
 public:
  /// `steepest` is the largest multiple of s that a threshold holds; it sets the grid's fineness.
  SampleOf(int n, double steepest);

  /// The probability that the mean exceeds threshold(standard error), which rises with it, where
  /// one log ratio has mean `effect` and standard deviation `sd`.
  template <typename Threshold>
  [[nodiscard]] double exceeds(double effect, double sd, Threshold threshold) const;

  /// The mean of `of`(standard error), of log ratios with this standard deviation.
  template <typename Of>
  [[nodiscard]] double mean(double sd, Of of) const;

 private:
  struct Node {
    double spread = 0;  ///< sample ÷ true standard deviation
    double weight = 0;
    double before = 0;  ///< the weights of all nodes before it
  };
  double root_n_;
  std::vector<Node> nodes_;  ///< by rising spread
};

/// What stage 1 makes of a benchmark that did not change, as probabilities.
struct ScreenOdds {
  double confirmed = 0;  ///< it goes to stage 2 ...
  double slower = 0;     ///< ... and is a suspect of a slowdown there
};

/// Where one pair's log ratio has this standard deviation.
[[nodiscard]] ScreenOdds screen_odds(const GatePlan& plan, double pair_sd);

/// The probability that a plan calls a slowdown a regression.
class GatePower {
 public:
  /// `confirm_pairs` may differ from the plan's; `suspects` is how many series share Holm's bound.
  GatePower(const GatePlan& plan, int confirm_pairs, int suspects);

  [[nodiscard]] double at(double slowdown, double pair_sd) const;
  /// The smallest slowdown found with the plan's power; NaN when none up to a factor of 11 is.
  [[nodiscard]] double detectable(double pair_sd) const;

 private:
  GatePlan plan_;
  int confirm_pairs_;
  bool possible_;
  double screen_t_ = 0;
  double confirm_t_ = 0;
  SampleOf screen_;
  SampleOf confirm_;
};

}  // namespace derate
