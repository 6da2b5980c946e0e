// SPDX-License-Identifier: Apache-2.0
// Which GPUs of a group are slower than the group, and which are unsteady: by what the group itself
// varies, with the share of false ones among those named bounded (docs/fleet.md).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fleet/levels.h"

namespace derate::fleet {

/// What is asked of a judgement.
struct Asked {
  double false_share = 0.01;     ///< at most of those that are named, on average
  double least_slowdown = 0.03;  ///< a smaller one is of no practical matter
  double least_unsteady = 0.02;  ///< likewise the standard deviation between rounds
};

/// Fewer GPUs say nothing of what is usual among them.
inline constexpr std::size_t kSmallGroup = 8;

/// How one row, or one part, is distributed over a group.
struct Distribution {
  std::size_t gpus = 0;
  double centre = kUnknown;  ///< median of the logarithms
  double sigma = kUnknown;   ///< scaled MAD of the logarithms
  // Relative to the median: -0.05 is 5 % slower.
  double p1 = kUnknown;
  double p5 = kUnknown;
  double p95 = kUnknown;
  double p99 = kUnknown;
  double slowest = kUnknown;
  double fastest = kUnknown;
};

/// Of the logarithms of rates; NaN are left out.
[[nodiscard]] Distribution distribution_of(std::vector<double> logarithms);

inline constexpr std::size_t kNoRow = static_cast<std::size_t>(-1);

struct GpuJudgement {
  bool slow = false;
  bool unsteady = false;
  bool with_its_node = false;  ///< named since its whole node is slow
  // What says most against it, whether it suffices or not.
  Part part = Part::overall;
  std::size_t row = kNoRow;    ///< where one row alone does
  double slowdown = kUnknown;  ///< 0.06: slower than the group's centre by 6 %
  double false_share = 1;      ///< to be expected among those that look as slow, or slower
  /// Relative to the group's centre, logarithms; NaN where not measured.
  std::array<double, kParts> deviation = {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  double between_rounds = kUnknown;  ///< standard deviation of its rates
  double unsteady_false_share = 1;
};

struct GroupJudgement {
  std::vector<Distribution> rows;
  std::array<Distribution, kParts> parts;
  std::array<double, kParts> tail_degrees = {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  /// The slowdown at which one GPU alone would be named, by part.
  std::array<double, kParts> detectable = {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
  std::vector<GpuJudgement> gpus;
  bool is_judged = false;  ///< otherwise the group is too small, and nothing in it is named
};

[[nodiscard]] GroupJudgement judge_group(const Levels& levels, const Asked& asked);

/// Whether a row says how the group varies: at least half as many GPUs have it as have the most
/// common one of its part. One that few have does not vary, and would outweigh all others.
[[nodiscard]] bool is_common(const Levels& levels, const std::vector<Distribution>& rows,
                             std::size_t row);

/// Levels of a part by GPU: the weighted median of its common rows' deviations from their centres.
[[nodiscard]] std::vector<double> part_levels(const Levels& levels,
                                              const std::vector<Distribution>& rows, Part part);

}  // namespace derate::fleet
