// SPDX-License-Identifier: Apache-2.0
// What the GPUs of one group delivered, as numbers alone: what judge_group() takes, from records or
// from a simulation.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "derate/statistics.h"
#include "derate/work.h"

namespace derate::fleet {

/// What of a GPU a workload exercises, and what may therefore be at fault. `overall` is the mean of
/// compute, memory and transfers, for what slows down everything.
enum class Part { overall, compute, memory, transfer, latency };
inline constexpr std::size_t kParts = 5;
inline constexpr std::array<Part, kParts> kEveryPart = {Part::overall, Part::compute, Part::memory,
                                                        Part::transfer, Part::latency};

[[nodiscard]] std::string_view to_string(Part part);

/// Caches run at the clock of the cores, so that they count as compute.
[[nodiscard]] Part part_of(Bound bound);

/// Rows of a group by its GPUs; NaN where a GPU has no such row.
struct Levels {
  std::size_t gpus = 0;
  std::size_t rows = 0;
  std::vector<Part> parts;      ///< of each row
  std::vector<double> level;    ///< logarithm of the rate over all rounds: [gpu * rows + row]
  std::vector<double> best;     ///< the same of its quickest round; NaN below three rounds
  std::vector<double> between;  ///< variance of that logarithm between rounds, likewise
  std::vector<int> node;        ///< of each GPU; GPUs of a node have the same number
  std::vector<int> leaf;        ///< likewise the switch; -1 where not known

  [[nodiscard]] double at(std::size_t gpu, std::size_t row) const {
    return level[gpu * rows + row];
  }
};

}  // namespace derate::fleet
