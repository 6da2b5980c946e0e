// SPDX-License-Identifier: Apache-2.0
// What `derate check` would say of one GPU of a fleet, and what is usual elsewhere of a group's
// rows.
#pragma once

#include <string>

#include "fleet/verdicts.h"

namespace derate::fleet {

struct ReferenceCheck {
  bool is_low = false;   ///< below what is usual elsewhere
  bool is_well = false;  ///< within it, and nothing below
  std::string text;      ///< one sentence
};

[[nodiscard]] ReferenceCheck check_by_reference(const FleetData& data, const References& references,
                                                std::size_t gpu);

/// Fills in the group's median η by row, and what is usual.
void add_references(const FleetData& data, const References& references, const Levels& levels,
                    JudgedGroup& judged);

}  // namespace derate::fleet
