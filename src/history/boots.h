// SPDX-License-Identifier: Apache-2.0
// How much a series differs from boot to boot of its machine: where memory lies and what clock was
// trained is decided once a boot.
#pragma once

#include <cstddef>
#include <string>

#include "history/levels.h"

namespace derate::history {

struct BootTest {
  std::size_t boots = 0;  ///< before the change
  double spread = 0;      ///< standard deviation of the boots' means
  double p = 1;           ///< that a boot is as far from those before by chance
};

/// Of the boots since `at` against those before, with the boot as a random effect: the mean of each
/// counts once. p is 1 where there are fewer than three before.
[[nodiscard]] BootTest test_boots(const SeriesSet& set, const Points& points, std::size_t at);

}  // namespace derate::history
