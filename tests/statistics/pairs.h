// SPDX-License-Identifier: Apache-2.0
// Pairs of processes with given log ratios, for tests that say exactly what was measured.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "regression/gate/gate.h"

namespace derate::test {

/// Pairs whose times have these log ratios, candidate to base.
inline std::vector<TimePair> pairs_of(std::span<const double> log_ratios, double base_s = 1e-3) {
  std::vector<TimePair> pairs;
  for (const double ratio : log_ratios) {
    pairs.push_back({base_s, base_s * std::exp(ratio), kUnknown, kUnknown});
  }
  return pairs;
}

/// `n` log ratios with exactly this mean and standard deviation: half above, half below.
inline std::vector<double> ratios(int n, double mean, double sd) {
  std::vector<double> found;
  const double step = sd * std::sqrt((n - 1.0) / n);
  for (int i = 0; i < n; ++i) found.push_back(mean + (i % 2 == 0 ? step : -step));
  return found;
}

/// A series that both stages saw like this.
inline PairSeries series_of(std::string name, double mean, double sd, int confirm_pairs = 20) {
  PairSeries series;
  series.benchmark = std::move(name);
  series.screen = pairs_of(ratios(8, mean, sd));
  series.confirm = pairs_of(ratios(confirm_pairs, mean, sd));
  return series;
}

}  // namespace derate::test
