// SPDX-License-Identifier: Apache-2.0
// The nodes of a fleet as a table: how the run of each ended.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>

#include "derate/format.h"
#include "fleet/fleet_folder.h"

namespace derate::fleet {

/// For people how many of `expected` nodes are measured, and those that are not; in the other
/// formats a row for each node.
void write_nodes(std::ostream& out, std::span<const NodeStatus> nodes, std::int64_t expected,
                 Format format);

}  // namespace derate::fleet
