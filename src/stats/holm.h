// SPDX-License-Identifier: Apache-2.0
// Holm's step-down test: the probability of any false rejection at all stays below one level,
// however the tests depend on each other (Holm, Scand. J. Statist. 6, 1979).
#pragma once

#include <span>
#include <vector>

namespace derate {

/// Whether each hypothesis is rejected. A p-value that is NaN counts as one, and is not rejected.
[[nodiscard]] std::vector<bool> holm_rejections(std::span<const double> p_values,
                                                double family_alpha);

}  // namespace derate
