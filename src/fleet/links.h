// SPDX-License-Identifier: Apache-2.0
// What ranks measured between nodes, read from their files, and what it says of nodes and links.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "derate/record_file.h"
#include "fleet/pairs.h"

namespace derate::fleet {

/// Who is missing from the figures, and why.
struct LinkTrouble {
  std::string who;  ///< "n3", "n3 and n5", "n3 (rank 2)"
  std::string reason;
};

struct FleetLinks {
  std::int64_t bytes = 0;  ///< that each device sends
  std::int64_t devices_per_node = 0;
  std::string library;
  PairMatrix pairs{{}};
  std::vector<double> alone_bytes_per_s;  ///< of each node within itself; NaN where unknown
  double all_bytes_per_s = kUnknown;      ///< of all nodes together, the last time
  std::size_t all_nodes = 0;
  std::size_t left_out = 0;  ///< records over other sizes or numbers of GPUs than most
  std::vector<LinkTrouble> troubles;
  std::vector<BadLine> bad;  ///< lines that cannot be read
};

/// Of FOLDER/*.jsonl; `switches` has the switch of each node, where they are known. Throws
/// Error(invalid_input) where nothing is measured there.
[[nodiscard]] FleetLinks read_fleet_links(const std::filesystem::path& folder,
                                          const std::map<std::string, std::string>& switches = {});

/// A node, by itself and with the others.
struct LinkNodeRow {
  std::string node;
  double alone_bytes_per_s = kUnknown;
  double alone_effect = kUnknown;  ///< against the median of all nodes
  NodeOfPairs pairs;
  PairVerdict verdict = PairVerdict::not_told;
  std::string reason;  ///< where it is slow: "alone", "with others", "both"
};

/// Every node of the pairs, in their order.
[[nodiscard]] std::vector<LinkNodeRow> judge_link_nodes(const FleetLinks& links,
                                                        const PairModel& model);

}  // namespace derate::fleet
