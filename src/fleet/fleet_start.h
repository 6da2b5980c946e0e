// SPDX-License-Identifier: Apache-2.0
// The start of a fleet, the first or a later one: a later one measures only what is missing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "fleet/fleet_folder.h"

namespace derate::fleet {

struct FleetStart {
  FleetManifest manifest;
  std::vector<std::string> to_measure;  ///< of the nodes that are named, those that are missing
  std::vector<std::string> measured;    ///< left alone
  std::int64_t to_choose = 0;           ///< that are missing where the engine chooses nodes
};

/// Takes what is wanted into fleet.json, and sets aside what an earlier start left of nodes that
/// are to be measured again. Of `wanted`, nodes or node_count say what this start is about; nodes
/// `under_way` are left alone. Throws Error(usage) where the folder is of a fleet with other
/// options, Error(output) where it holds something else.
[[nodiscard]] FleetStart start_fleet(const std::filesystem::path& fleet, FleetManifest wanted,
                                     const std::set<std::string>& under_way);

}  // namespace derate::fleet
