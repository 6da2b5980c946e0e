// SPDX-License-Identifier: Apache-2.0
// Who meets whom, and when: every pair of n in as few rounds as there can be, no one twice in a
// round.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace derate {

using Pairing = std::vector<std::pair<std::size_t, std::size_t>>;

/// The rounds by the circle method: the last of an even number stays where it is and the others go
/// round. n - 1 rounds of n / 2 pairs; an odd number has n rounds, in each of which another is
/// idle. The first of a pair is the smaller; no rounds below two.
[[nodiscard]] std::vector<Pairing> round_robin(std::size_t count);

}  // namespace derate
