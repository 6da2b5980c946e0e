// SPDX-License-Identifier: Apache-2.0
// Benjamini and Hochberg's step-up procedure (J. R. Statist. Soc. B 57, 1995), which bounds the
// expected share of false ones among those that are found.
#pragma once

#include <span>
#include <vector>

namespace derate {

/// For each p-value the share of false discoveries to be expected where everything is found that is
/// as small; found at a bound of q is what has a value of at most q. A p-value that is NaN is no
/// test, and stays NaN.
[[nodiscard]] std::vector<double> q_values(std::span<const double> p_values);

}  // namespace derate
