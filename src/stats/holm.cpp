// SPDX-License-Identifier: Apache-2.0
// Sorts the p-values and compares the smallest with alpha/m, the next with alpha/(m - 1), and so
// on; NaN counts as 1 and is never rejected.
#include "stats/holm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace derate {

std::vector<bool> holm_rejections(std::span<const double> p_values, double family_alpha) {
  const auto p = [&](std::size_t i) { return std::isnan(p_values[i]) ? 1.0 : p_values[i]; };
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p(a) < p(b); });
  std::vector<bool> rejected(p_values.size(), false);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    if (!(p(order[rank]) * left < family_alpha)) break;
    rejected[order[rank]] = true;
  }
  return rejected;
}

}  // namespace derate
