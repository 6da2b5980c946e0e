// SPDX-License-Identifier: Apache-2.0
// A fleet's records, read in one pass, and what of them could not be used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fleet/find_shards.h"
#include "fleet/fleet_data.h"

namespace derate::fleet {

/// A shard of which something is missing or wrong.
struct ShardFault {
  std::string path;
  std::string source;        ///< its node, as a rule
  std::string what;          ///< "is cut: 12,345 of 20,000 bytes; the 81 records before are used"
  std::int64_t records = 0;  ///< that were used
};

struct FleetRecords {
  FleetData data;
  std::vector<ExpectedNode> expected;           ///< of fleets' folders
  std::int64_t expected_count = 0;              ///< of nodes; 0 where not known
  std::map<std::string, std::string> switches;  ///< of a node
  std::vector<std::string> started_utc;         ///< of each fleet
  std::vector<std::filesystem::path> links;
  std::vector<ShardFault> faults;
  std::vector<std::string> notes;
  std::map<std::int64_t, std::int64_t> schemas;  ///< records of each
  std::int64_t records = 0;
  std::int64_t duplicates = 0;  ///< that were there twice, counted once
};

/// Without any records where a fleet's nodes say why. Throws Error(invalid_input) where nothing
/// could be read.
[[nodiscard]] FleetRecords read_fleet(const std::vector<std::filesystem::path>& paths);

}  // namespace derate::fleet
