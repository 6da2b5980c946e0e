// SPDX-License-Identifier: Apache-2.0
// GPUs that may be compared: of one product, under one clock policy, power cap, driver, software
// and memory. A few that differ from the others of their product in one of these are no group but a
// finding.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet_data.h"
#include "fleet/judge.h"

namespace derate::fleet {

inline constexpr std::array<std::string_view, 7> kFactNames = {
    "clocks", "power cap", "driver", "memory", "units", "software", "library"};
using Facts = std::array<std::string, kFactNames.size()>;

/// A GPU that has a fact of its own, with that in words.
struct DifferentGpu {
  std::size_t gpu = 0;  ///< of FleetData::gpus()
  std::string what;     ///< "driver 570.10 where 1,016 of 1,024 have 580.65"
};

struct Group {
  std::string product;
  std::string name;  ///< the product, and what tells it from other groups of it
  Facts facts;
  std::vector<std::size_t> gpus;
  std::vector<DifferentGpu> different;  ///< of the same product
  std::vector<std::size_t> rows;        ///< of FleetData::rows(), in their order
};

/// The largest first; a GPU without any rate is in none.
[[nodiscard]] std::vector<Group> groups_of(const FleetData& data);

/// Rates of some GPUs by the group's rows; `leaf` is each node's switch, by node.
[[nodiscard]] Levels levels_of(const FleetData& data, const std::vector<std::size_t>& rows,
                               const std::vector<std::size_t>& gpus, const std::vector<int>& leaf);

}  // namespace derate::fleet
