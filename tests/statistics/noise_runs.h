// SPDX-License-Identifier: Apache-2.0
// What `derate noise` says of machines whose spread is known.
#pragma once

#include <fmt/format.h>

#include "regression/gate/power.h"
#include "regression/run/noise_report.h"
#include "statistics/noise.h"
#include "statistics/pairs.h"
#include "statistics/simulation.h"

namespace derate::test {

/// A report on benchmarks whose pairs have these standard deviations.
inline NoiseReport noise_run(const std::vector<double>& pair_sds, int pairs, Rng& rng) {
  std::normal_distribution<double> normal;
  Pairing pairing;
  for (const double sd : pair_sds) {
    std::vector<double> ratios(static_cast<std::size_t>(pairs));
    for (double& ratio : ratios) ratio = sd * normal(rng);
    PairedBenchmark benchmark;
    benchmark.series.benchmark = fmt::format("b{}", pairing.order.size());
    benchmark.series.screen = pairs_of(ratios);
    pairing.order.push_back(benchmark.series.benchmark);
    pairing.benchmarks.push_back(std::move(benchmark));
  }
  return noise_of(pairing, {}, pairs, 1.0);
}

struct Promises {
  Share kept;           ///< rows whose stated slowdown is found with the plan's power
  Share of_promise;     ///< rows of which the plan's promise is stated to hold
  double found = 0;     ///< how often a gate finds the promised slowdown in these, mean
  double suspects = 0;  ///< mean
};

/// `runs` of 50 benchmarks with the same spread.
inline Promises promises(double pair_sd, int pairs, int runs, std::uint64_t seed) {
  Rng rng(seed);
  Promises all;
  double found = 0;
  for (int run = 0; run < runs; ++run) {
    const NoiseReport report = noise_run(std::vector<double>(50, pair_sd), pairs, rng);
    all.suspects += static_cast<double>(report.suspects) / runs;
    const GatePower power(report.plan, report.plan.confirm_pairs, report.suspects);
    const double truly = power.detectable(pair_sd);
    for (const NoiseRow& row : report.rows) {
      all.kept.count(std::isnan(row.detectable) || row.detectable >= truly);
      const bool promised = row.detectable <= report.plan.promise;
      all.of_promise.count(promised);
      if (promised) found += power.at(report.plan.promise, pair_sd);
    }
  }
  if (all.of_promise.hits > 0) all.found = found / static_cast<double>(all.of_promise.hits);
  return all;
}

}  // namespace derate::test
