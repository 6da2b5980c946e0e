// SPDX-License-Identifier: Apache-2.0
// In round r those meet whose numbers on the circle add up to r, modulo its size.
#include "base/round_robin.h"

#include <algorithm>

namespace derate {

std::vector<Pairing> round_robin(std::size_t count) {
  if (count < 2) return {};
  // An odd number gets one more place, and who would meet it is idle.
  const std::size_t circle = count % 2 == 0 ? count - 1 : count;
  std::vector<Pairing> rounds(circle);
  for (std::size_t round = 0; round < circle; ++round) {
    for (std::size_t one = 0; one < circle; ++one) {
      const std::size_t other = (round + circle - one) % circle;
      if (one < other) rounds[round].emplace_back(one, other);
      // Its own partner meets the one in the middle.
      if (one == other && circle < count) rounds[round].emplace_back(one, circle);
    }
    std::sort(rounds[round].begin(), rounds[round].end());
  }
  return rounds;
}

}  // namespace derate
