// SPDX-License-Identifier: Apache-2.0
// The least of N is above the i-th of n sorted values with probability ((n − i) ÷ n)^N.
#include "fleet/slowest_of.h"

#include <algorithm>
#include <cmath>

#include "derate/statistics.h"

namespace derate::fleet {

double expected_least(std::vector<double> values, std::size_t drawn) {
  if (values.empty()) return kUnknown;
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto above = [&](std::size_t i) {
    return std::pow((n - static_cast<double>(i)) / n, static_cast<double>(drawn));
  };
  double expected = 0;
  for (std::size_t i = 0; i < values.size(); ++i) expected += values[i] * (above(i) - above(i + 1));
  return expected;
}

}  // namespace derate::fleet
