// SPDX-License-Identifier: Apache-2.0
// Arithmetic of figures that lie between two ends, where every end goes with the same ends: worst
// and best cases, not probabilities.
#pragma once

#include "estimate/estimate.h"

namespace derate {

[[nodiscard]] constexpr Range operator+(const Range& a, const Range& b) {
  return {a.low + b.low, a.value + b.value, a.high + b.high};
}

[[nodiscard]] constexpr Range operator*(double factor, const Range& range) {
  return {factor * range.low, factor * range.value, factor * range.high};
}

/// The more of it, the less comes out.
[[nodiscard]] constexpr Range operator/(double amount, const Range& rate) {
  return {amount / rate.high, amount / rate.value, amount / rate.low};
}

}  // namespace derate
