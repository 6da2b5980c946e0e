// SPDX-License-Identifier: Apache-2.0
// Counts slow sessions on either side of a change, and asks how likely chance parts them so.
#include "history/to_and_fro.h"

#include <algorithm>

#include "stats/two_modes.h"

namespace derate::history {
namespace {

Slow slow_points(const Points& points, std::size_t begin, std::size_t end, double limit) {
  const auto slow = std::count_if(points.logs.begin() + static_cast<std::ptrdiff_t>(begin),
                                  points.logs.begin() + static_cast<std::ptrdiff_t>(end),
                                  [&](double log) { return log > limit; });
  return {end - begin, static_cast<std::size_t>(slow)};
}

}  // namespace

double limit_of(double base, double change) {
  constexpr double kNear = 2.0 / 3;
  return base + kNear * change;
}

std::size_t begin_of_run(const Points& points, std::size_t since, double limit) {
  while (since > points.reset && points.logs[since - 1] > limit) --since;
  return since;
}

bool is_to_and_fro(const Points& points, double limit, const Sides& sides, double chance) {
  constexpr std::size_t kInARow = 3;
  const std::size_t begin = begin_of_run(points, sides.since, limit);
  const std::size_t end_of_before = std::min(sides.end_of_before, begin);
  const Slow before = slow_points(points, points.reset, end_of_before, limit);
  const Slow since = slow_points(points, begin, points.logs.size(), limit);
  if (before.slow == 0 && since.slow == since.sessions && since.slow >= kInARow) return false;
  return chance_of_slow_end(before, since) > chance;
}

}  // namespace derate::history
