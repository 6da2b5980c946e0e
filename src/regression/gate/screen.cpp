// SPDX-License-Identifier: Apache-2.0
// Stage 1: which benchmarks are worth fresh pairs.
#include <cmath>

#include "regression/gate/builds_test.h"
#include "stats/test_levels.h"

namespace derate {
namespace {

bool suspect(const GatePlan& plan, const PairSeries& series) {
  if (series.screen.empty() || !usable(series.screen)) return false;  // more of it mends nothing
  const PairedTest test = time_test(series.screen);
  const double margin = plan.equivalence_margin;
  const bool equivalent =
      test.p_within(std::log1p(-margin), std::log1p(margin)) < kEquivalenceLevel;
  if (series.same_code) return !equivalent;  // it cannot be a regression; only whether it is quiet
  const bool moved = test.p_above() < plan.screen_alpha || test.p_below() < plan.screen_alpha;
  return moved || !equivalent;
}

}  // namespace

std::vector<std::size_t> to_confirm(const GatePlan& plan, std::span<const PairSeries> series) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (suspect(plan, series[i])) found.push_back(i);
  }
  return found;
}

}  // namespace derate
