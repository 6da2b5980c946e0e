// SPDX-License-Identifier: Apache-2.0
// What `derate fleet links` measured in the folders of a report, for its page and its notes.
#pragma once

#include <string>
#include <vector>

#include "fleet/fleet_page.h"

namespace derate::fleet {

struct NodePairs {
  std::vector<NodePair> pairs;
  std::vector<std::string> notes;  ///< which nodes and links are slow, and files that are damaged
};

/// Empty where nothing was measured between nodes.
[[nodiscard]] NodePairs node_pairs(const FleetRecords& records);

}  // namespace derate::fleet
