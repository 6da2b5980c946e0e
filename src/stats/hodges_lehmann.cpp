// SPDX-License-Identifier: Apache-2.0
// All pairs, which are few: of five values fifteen.
#include "stats/hodges_lehmann.h"

#include <vector>

#include "derate/statistics.h"

namespace derate {

double hodges_lehmann(std::span<const double> values) {
  constexpr std::size_t kFewest = 4;
  if (values.size() < kFewest) return median(values);
  std::vector<double> means;
  means.reserve(values.size() * (values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i; j < values.size(); ++j) means.push_back((values[i] + values[j]) / 2);
  }
  return median(means);
}

}  // namespace derate
