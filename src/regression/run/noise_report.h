// SPDX-License-Identifier: Apache-2.0
// What a machine's noise lets a gate promise, benchmark by benchmark and in one sentence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "derate/format.h"
#include "regression/gate/gate.h"
#include "regression/results/pairing.h"

namespace derate {

struct NoiseRow {
  std::string benchmark;
  double time_s = kUnknown;   ///< median
  double wall_s = kUnknown;   ///< the same in wall time, where time_s is CPU time
  double pair_sd = kUnknown;  ///< standard deviation of a pair's log ratio, as the gate trims it
  double pair_sd_high = kUnknown;  ///< its upper confidence limit, which the promise is made from
  std::int64_t pairs = 0;          ///< that it was estimated from
  double lag_1 = kUnknown;         ///< autocorrelation of successive pairs
  double detectable = kUnknown;    ///< slowdown that the plan finds with its power
  int pairs_needed = 0;            ///< of stage 2 for the plan's promise; 0: no number does
  std::string fault;               ///< why there is no figure; empty where there is
};

struct NoiseReport {
  GatePlan plan;
  Metric metric = Metric::real_time;
  int pairs = 0;  ///< that were measured
  double process_s = kUnknown;
  int suspects = 1;            ///< of a slowdown in stage 2, as the spread of all rows implies
  double confirmed_share = 0;  ///< of the benchmarks that go to stage 2 although none changed
  std::vector<NoiseRow> rows;

  [[nodiscard]] bool any_fault() const;
  /// Whether every benchmark's slowdown of plan.promise would be found.
  [[nodiscard]] bool holds() const;
  /// What a gate can promise here, and in how many minutes.
  [[nodiscard]] std::string conclusion() const;
};

[[nodiscard]] NoiseReport noise_of(const Pairing& pairing, const GatePlan& plan, int pairs,
                                   double process_s);

/// To standard output; for machines the rows only, and the conclusion to standard error.
void write_noise(const NoiseReport& report, Format format);

}  // namespace derate
