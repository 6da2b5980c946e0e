// SPDX-License-Identifier: Apache-2.0
// The downhill simplex of Nelder and Mead (Computer Journal 7, 1965), for objectives with corners
// such as a mean absolute error.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace derate {

using Objective = std::function<double(std::span<const double>)>;

/// A local minimum near `start`; `step` is the first simplex's edge. Deterministic.
[[nodiscard]] std::vector<double> minimise(const Objective& objective, std::vector<double> start,
                                           double step);

}  // namespace derate
