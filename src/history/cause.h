// SPDX-License-Identifier: Apache-2.0
// Why a level may have changed: what the sessions beside the change say of machine and code, and
// whether the other benchmarks moved with it.
#pragma once

#include <cstddef>
#include <string>

#include "history/events.h"

namespace derate::history {

struct Cause {
  bool environment = false;  ///< the machine, rather than the code
  bool by_events = false;    ///< because of them alone, so that they begin a new level
  bool same_code = false;
  Events events;
  double cycles = kUnknown;  ///< change of time × clock, as a logarithm
  std::string text;          ///< ", where driver_version went from 580.1 to 580.2"; may be empty
};

/// Of a change of the logarithm of time by `change` between point `before` and point `at`.
[[nodiscard]] Cause cause_of(const SeriesContext& context, const Series& series,
                             const Points& points, std::size_t before, std::size_t at,
                             double change);

}  // namespace derate::history
