// SPDX-License-Identifier: Apache-2.0
// Selection sampling (Knuth, algorithm S), written out since the standard library's shuffle and
// distributions differ from one to another.
#include "regression/gate/pair_order.h"

#include <cstddef>
#include <random>

namespace derate {

std::vector<bool> candidate_first(std::uint64_t seed, int stage, int pairs) {
  std::seed_seq words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      static_cast<std::uint32_t>(stage)};
  std::mt19937_64 random(words);
  std::vector<bool> order(static_cast<std::size_t>(pairs));
  std::size_t wanted = order.size() / 2 + (order.size() % 2) * (random() % 2);
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = random() % (order.size() - i) < wanted;
    if (order[i]) --wanted;
  }
  return order;
}

}  // namespace derate
