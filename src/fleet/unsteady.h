// SPDX-License-Identifier: Apache-2.0
// How much a GPU's rates move between rounds beside what is usual in its group: one that throttles
// now and then, or whose link comes and goes, may have a sound median.
#pragma once

#include <vector>

#include "fleet/levels.h"

namespace derate::fleet {

struct Unsteadiness {
  double between_rounds = kUnknown;  ///< standard deviation, of the part that says most
  double false_share = 1;  ///< to be expected among those that look as unsteady, or more so
};

/// For each GPU. A part is unsteady where the middle one of its rows is, since single rows have
/// rounds that are off everywhere; latencies are those of the host as much as of the GPU.
[[nodiscard]] std::vector<Unsteadiness> unsteadiness(const Levels& levels);

}  // namespace derate::fleet
