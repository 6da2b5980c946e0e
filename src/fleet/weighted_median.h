// SPDX-License-Identifier: Apache-2.0
// The middle of values that count unequally.
#pragma once

#include <vector>

namespace derate::fleet {

struct WeightedValue {
  double value = 0;
  double weight = 0;
};

/// The value with half of the weight below it, or the mean of the two between which that falls; of
/// at least one value. Sorts them.
[[nodiscard]] double weighted_median(std::vector<WeightedValue>& values);

}  // namespace derate::fleet
