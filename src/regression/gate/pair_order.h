// SPDX-License-Identifier: Apache-2.0
// Which side runs first in each pair. A fixed order, such as base, candidate, candidate, base,
// turns a rhythm of the machine that is as long into a difference between the builds.
#pragma once

#include <cstdint>
#include <vector>

namespace derate {

/// For each pair of a stage whether the candidate runs first: in half of the pairs, chosen at
/// random by seed and stage; of an odd number the last one goes to either side by chance. The same
/// on every machine.
[[nodiscard]] std::vector<bool> candidate_first(std::uint64_t seed, int stage, int pairs);

}  // namespace derate
