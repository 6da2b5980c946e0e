// SPDX-License-Identifier: Apache-2.0
// What of a fleet's records makes a reader careful: clocks of nodes that differ, two products in a
// node, slices beside whole GPUs, records of several versions, GPUs that are there twice.
#pragma once

#include <string>
#include <vector>

#include "fleet/read_fleet.h"

namespace derate::fleet {

[[nodiscard]] std::vector<std::string> notes_on(const FleetRecords& records);

/// "n1, n2, n3 and 5 more"
[[nodiscard]] std::string list_of_names(const std::vector<std::string>& names);

}  // namespace derate::fleet
