// SPDX-License-Identifier: Apache-2.0
// What happened to the machine between two sessions of a series: drivers and their like, another
// host, a boot.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "history/levels.h"

namespace derate::history {

struct Events {
  std::vector<EnvironmentDifference> facts;
  bool booted = false;  ///< both sessions say in which boot they ran, and not in the same

  [[nodiscard]] bool any() const { return booted || !facts.empty(); }
};

/// Between two points. A host's name counts only where it stayed the same for three sessions before
/// and for two since: each container has another.
[[nodiscard]] Events events_between(const SeriesSet& set, const Points& points, std::size_t before,
                                    std::size_t at);

/// "driver_version went from 580.1 to 580.2 and power_cap_w from 700 to 600, and the machine was
/// booted"; empty where nothing happened.
[[nodiscard]] std::string describe(const Events& events);

}  // namespace derate::history
