// SPDX-License-Identifier: Apache-2.0
// What GPUs share because they sit in one node, or under one switch: cooling, supply, host. Nodes
// that are well differ too; without that part of the difference GPUs are compared more sharply.
#pragma once

#include <span>
#include <vector>

namespace derate::fleet {

/// `values` less what each one's place (node or switch; negative: none) is likely to add to all of
/// its GPUs. It is estimated from the other GPUs of the place, so that no GPU hides its own fault,
/// is the smaller the less places differ beside their GPUs, and is never more than places that are
/// well add: where a whole place is slow its GPUs still show it. Unchanged where there are fewer
/// than eight places of three GPUs. NaN stays NaN.
[[nodiscard]] std::vector<double> without_place(std::span<const double> values,
                                                std::span<const int> place);

/// Median of the values of each place that has at least `fewest`; NaN for the others. The place's
/// number is the position.
[[nodiscard]] std::vector<double> place_medians(std::span<const double> values,
                                                std::span<const int> place, std::size_t fewest);

}  // namespace derate::fleet
