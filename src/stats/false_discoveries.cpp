// SPDX-License-Identifier: Apache-2.0
// From the largest p-value down, each times the number of tests over its rank, never above the one
// before.
#include "stats/false_discoveries.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace derate {

std::vector<double> q_values(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> found(p_values.begin(), p_values.end());
  const auto tests = static_cast<double>(order.size());
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t at = order[rank - 1];
    least = std::min(least, p_values[at] * tests / static_cast<double>(rank));
    found[at] = least;
  }
  return found;
}

}  // namespace derate
