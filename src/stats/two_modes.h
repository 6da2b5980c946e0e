// SPDX-License-Identifier: Apache-2.0
// Series that are quick one session and slow the next, as memory layout or a neighbour decides:
// how likely chance alone puts several slow sessions at their end.
#pragma once

#include <cstddef>

namespace derate {

/// So many sessions, and how many of them were slow.
struct Slow {
  std::size_t sessions = 0;
  std::size_t slow = 0;
};

/// Probability that a series whose sessions are slow at random, each with the same probability, has
/// at most so many slow ones in `before` and at least so many in `since`, for the probability of a
/// slow session that makes it largest.
[[nodiscard]] double chance_of_slow_end(const Slow& before, const Slow& since);

}  // namespace derate
