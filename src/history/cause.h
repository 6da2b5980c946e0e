// SPDX-License-Identifier: Apache-2.0
// Why a level may have changed: what the two sessions beside the change say of machine and code.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "history/levels.h"

namespace derate::history {

struct Cause {
  bool environment = false;  ///< the machine, rather than the code
  bool same_code = false;
  std::vector<EnvironmentDifference> events;
  double cycles = kUnknown;  ///< change of time × clock, as a logarithm
  std::string text;          ///< ", where driver_version went from 580.1 to 580.2"; may be empty
};

/// Of a change of the logarithm of time by `change` between point `at - 1` and point `at`, or any
/// two others.
[[nodiscard]] Cause cause_of(const SeriesSet& set, const Points& points, std::size_t before,
                             std::size_t at, double change);

/// The facts of the machine, not of the program, that differ.
[[nodiscard]] std::vector<EnvironmentDifference> events_between(const Environment& before,
                                                                const Environment& after);

/// "driver_version went from 580.1 to 580.2 and power_cap_w from 700 to 600"
[[nodiscard]] std::string describe(const std::vector<EnvironmentDifference>& events);

}  // namespace derate::history
