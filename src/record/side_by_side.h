// SPDX-License-Identifier: Apache-2.0
// Rows that were measured side by side → what own code reaches of a library in the same run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "derate/aggregate.h"
#include "derate/statistics.h"

namespace derate {

inline constexpr Estimate kNoEstimate = {kUnknown, {kUnknown, kUnknown, 0}};

/// An own variant beside one of a library. Ratios are own ÷ library of samples that were taken
/// beside each other: the median within each round, and over the rounds as for rows.
struct SideBySide {
  const Row* own = nullptr;  ///< on random data; where there is none, on zeros
  const Row* library = nullptr;
  Estimate zeros = kNoEstimate;             ///< rates on zeros
  Estimate uniform = kNoEstimate;           ///< rates on random data
  Estimate uniform_at_clock = kNoEstimate;  ///< the same, each rate divided by its measured clock
  std::int64_t rounds = 0;                  ///< that both have, on the data of `own`
  bool unstable = false;                    ///< might come out otherwise, as a row's figure might
  std::string message = {};                 ///< why a ratio is missing
};

/// Every own variant with every library beside which it was measured, by workload, type and size.
/// `device` holds all rows of one device and build; the result points into it. A row is a
/// library's where it names one.
[[nodiscard]] std::vector<SideBySide> compare_side_by_side(std::span<const Row> device);

/// For each workload and type the best own variant at the largest problem, against the fastest
/// library that it was measured beside, and how few rounds the intervals rest on; one sentence
/// each.
[[nodiscard]] std::vector<std::string> side_by_side_sentences(
    std::span<const SideBySide> comparisons);

}  // namespace derate
