// SPDX-License-Identifier: Apache-2.0
// Which side runs first in each pair, and which builds meet. A fixed order, such as base,
// candidate, candidate, base, turns a rhythm of the machine that is as long into a difference
// between the builds.
#pragma once

#include <cstdint>
#include <vector>

namespace derate {

/// For each pair of a stage whether the candidate runs first: in half of the pairs, chosen at
/// random by seed and stage; of an odd number the last one goes to either side by chance. The same
/// on every machine.
[[nodiscard]] std::vector<bool> candidate_first(std::uint64_t seed, int stage, int pairs);

/// How many builds of the same sources each side has.
struct BuildCounts {
  int base = 1;
  int candidate = 1;
};

/// The builds of one pair, counted from 0.
struct BuildPair {
  int base = 0;
  int candidate = 0;
};

/// The builds of each pair of a stage, in rounds: in each of them every build of the side that has
/// more runs once, in an order by chance, and meets another build of the other side than in the
/// round before. So every build runs equally often and meets all of the others evenly.
[[nodiscard]] std::vector<BuildPair> meetings(std::uint64_t seed, int stage, int pairs,
                                              const BuildCounts& builds);

/// `pairs` rounded up to whole rounds, at least two: with fewer the effects of the two sides'
/// builds cannot be told apart. With one build on each side as many as are asked for.
[[nodiscard]] int whole_rounds(int pairs, const BuildCounts& builds);

}  // namespace derate
