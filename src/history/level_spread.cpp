// SPDX-License-Identifier: Apache-2.0
// The standard deviation of a session around its level, as that of the difference of two.
#include "history/level_spread.h"

#include <numbers>

#include "history/levels.h"
#include "record/machine.h"

namespace derate::history {

std::optional<PairSpread> level_spread(const SeriesContext& context, const std::string& benchmark,
                                       const Environment& environment) {
  const SeriesSet& set = context.set;
  for (const Series& series : set.series) {
    if (series.benchmark != benchmark) continue;
    const Environment& of_series = set.environments.at(series.values.back().environment);
    if (!machine_differences(of_series, environment).empty()) continue;
    const Points points = points_of(set, series, acceptance_of(set, series));
    const Level level = level_of(context, points, points.values.size());
    if (level.known()) return PairSpread{level.sd * std::numbers::sqrt2, level.freedom};
  }
  return std::nullopt;
}

}  // namespace derate::history
