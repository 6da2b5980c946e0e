// SPDX-License-Identifier: Apache-2.0
// "+2.00 % [1.80, 2.20]": a sign, two decimals, and the interval where there is one.
#include "regression/gate/change_text.h"

#include <fmt/format.h>

#include <cmath>

namespace derate {

std::string percent_text(double change) { return fmt::format("{:+.2f} %", 100 * change); }

std::string change_text(const Estimate& change) {
  const Interval& interval = change.interval;
  if (std::isnan(interval.low)) return percent_text(change.value);
  return fmt::format("{} [{:.2f}, {:.2f}]", percent_text(change.value), 100 * interval.low,
                     100 * interval.high);
}

}  // namespace derate
