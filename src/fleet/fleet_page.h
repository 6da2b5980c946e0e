// SPDX-License-Identifier: Apache-2.0
// A fleet's report as a page: distributions, a map of nodes and GPUs, clock and power, pairs of
// nodes, and whom to drain.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "fleet/verdicts.h"

namespace derate::fleet {

/// What was measured from one node to another, for the page's heat map.
struct NodePair {
  std::string from;
  std::string to;
  double rate = kUnknown;       ///< B/s
  double deviation = kUnknown;  ///< -0.1: slower by 10 % than pairs usually are
  bool is_slow = false;
};

/// What src/page/fleet.js shows.
[[nodiscard]] nlohmann::ordered_json fleet_data(const FleetRecords& records,
                                                const FleetVerdicts& verdicts,
                                                std::span<const NodePair> pairs);

/// The page as a whole.
[[nodiscard]] std::string fleet_html(const FleetRecords& records, const FleetVerdicts& verdicts,
                                     std::span<const NodePair> pairs = {});

}  // namespace derate::fleet
