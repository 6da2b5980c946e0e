// SPDX-License-Identifier: Apache-2.0
// What one rank of a measurement between nodes is to do.
#pragma once

#include <cstdint>
#include <filesystem>

#include "measure/link_rank.h"

namespace derate {

struct LinkPlan {
  std::filesystem::path folder;  ///< where all ranks meet and write; all of them see it
  LinkRank rank;
  std::int64_t bytes = std::int64_t{256} << 20;  ///< of the array that each device sends
  std::int64_t samples = 9;
  std::int64_t launches = 4;  ///< of one sample
  bool again = false;         ///< what the folder holds already too
  double wait_s = 300;        ///< for ranks that come late
};

}  // namespace derate
