// SPDX-License-Identifier: Apache-2.0
// Where a stream through memory loses what its peak promises: factors whose product is exactly what
// was achieved ÷ the peak, out of records of the stream and its stages (derate_bench
// --derate_stages). Where no peak is known they start from the pure read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attribution/factor.h"
#include "derate/record.h"

namespace derate {

/// One stream on one device under one condition, over all its rounds.
struct StreamWaterfall {
  Record context;                 ///< of the first whole record: which device, program and work
  std::int64_t rounds = 0;        ///< that have every stage that the factors are made of
  double peak = kUnknown;         ///< B/s; unknown where nobody states one
  Estimate achieved = kNoFigure;  ///< B/s
  /// B/s that the factors multiply to achieved from: the peak, or a stage's rate.
  Estimate base = kNoFigure;
  std::string base_name;            ///< "peak", or the name of that stage: "read"
  std::vector<LossFactor> factors;  ///< from the base down; none where there is no base
  Estimate product = kNoFigure;     ///< achieved ÷ base
  /// Ratios that are no factors: what streaming stores, all cores, huge pages and reading instead
  /// of writing gain. Above 1: that they gain.
  std::vector<LossFactor> comparisons;
  std::vector<std::string> notes;  ///< what is missing or disturbed, one sentence each
};

/// The streams among the records that were measured with stages, in the order of their first
/// record; other records are left out. The factors, each where its two ends are known, merged into
/// the next below where one is not:
///   memory_clock  the peak at the memory's clock ÷ the peak at its maximum
///   refresh       the pure read, on whole waves ÷ that: refresh, and what else a read loses
///   turnaround    the stream on whole waves ÷ the pure read: the bus turns to write, and back
///   tail          the stream ÷ the stream on whole waves: units that end before others
///   launch        with the launches ÷ without their time
[[nodiscard]] std::vector<StreamWaterfall> stream_waterfalls(std::span<const Record> records);

}  // namespace derate
