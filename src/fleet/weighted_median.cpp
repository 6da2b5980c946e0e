// SPDX-License-Identifier: Apache-2.0
// Sorts, and walks up to half of the weight.
#include "fleet/weighted_median.h"

#include <algorithm>
#include <cmath>

namespace derate::fleet {

double weighted_median(std::vector<WeightedValue>& values) {
  std::sort(values.begin(), values.end(),
            [](const WeightedValue& a, const WeightedValue& b) { return a.value < b.value; });
  double half = 0;
  for (const WeightedValue& each : values) half += each.weight / 2;
  double below = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    below += values[i].weight;
    const bool is_between = std::abs(below - half) <= 1e-12 * half && i + 1 < values.size();
    if (is_between) return (values[i].value + values[i + 1].value) / 2;
    if (below > half) return values[i].value;
  }
  return values.back().value;
}

}  // namespace derate::fleet
