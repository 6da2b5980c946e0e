// SPDX-License-Identifier: Apache-2.0
// Gates of several builds a side: where code lies makes every build faster or slower by a part of
// its own, in each benchmark another, and all of its processes share it.
#pragma once

#include <utility>
#include <vector>

#include "regression/gate/builds_test.h"
#include "statistics/simulation.h"

namespace derate::test {

enum class Layouts {
  normal,
  two_places,  ///< a loop lies well or badly, with even odds
};

struct Builds {
  BuildCounts counts;
  double base_sd = 0;  ///< of the builds' log times
  double candidate_sd = 0;
  Layouts kind = Layouts::normal;
};

/// The log times of one side's builds in each benchmark: [build][benchmark].
inline std::vector<std::vector<double>> layout_effects(int builds, double sd, Layouts kind,
                                                       int benchmarks, Rng& rng) {
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> effects(static_cast<std::size_t>(builds));
  for (std::vector<double>& of_build : effects) {
    for (int b = 0; b < benchmarks; ++b) {
      const double by_chance = normal(rng);
      const double place = by_chance > 0 ? 1.0 : -1.0;
      of_build.push_back(sd * (kind == Layouts::normal ? by_chance : place));
    }
  }
  return effects;
}

/// A gate in the order and with the builds that the runner takes.
inline std::vector<PairSeries> run_gate(GatePlan plan, const Noise& noise, const Builds& builds,
                                        double slowdown, int benchmarks, Rng& rng) {
  Machine machine(noise, benchmarks, rng);
  const auto base =
      layout_effects(builds.counts.base, builds.base_sd, builds.kind, benchmarks, rng);
  const auto candidate =
      layout_effects(builds.counts.candidate, builds.candidate_sd, builds.kind, benchmarks, rng);
  const std::uint64_t seed = rng();
  plan.screen_pairs = whole_rounds(plan.screen_pairs, builds.counts);
  plan.confirm_pairs = whole_rounds(plan.confirm_pairs, builds.counts);
  std::vector<BuildPair> order = meetings(seed, 1, plan.screen_pairs, builds.counts);
  for (const BuildPair& of_stage_2 : meetings(seed, 2, plan.confirm_pairs, builds.counts)) {
    order.push_back(of_stage_2);
  }
  std::size_t number = 0;
  const RunPair run = [&](bool swapped, const std::vector<std::size_t>& which,
                          std::vector<TimePair>& times) {
    const BuildPair met = order.at(number++);
    machine.begin_slot();
    for (const bool second : {swapped, !swapped}) {
      machine.begin_process();
      for (const std::size_t b : which) {
        const auto& effects = second ? candidate[static_cast<std::size_t>(met.candidate)]
                                     : base[static_cast<std::size_t>(met.base)];
        const double time =
            machine.median_time(b, second && b == 0 ? slowdown : 0) * std::exp(effects[b]);
        (second ? times[b].candidate_s : times[b].base_s) = time;
        times[b].base_build = met.base;
        times[b].candidate_build = met.candidate;
      }
    }
  };
  return run_gate(plan, benchmarks, seed, run);
}

/// Gates of builds whose benchmark 0 is slower by `slowdown` (0: none is).
inline Tally simulate(const Noise& noise, const Builds& builds, int gates, double slowdown,
                      std::uint64_t seed, int benchmarks = 50) {
  Rng rng(seed);
  Tally tally;
  for (int gate = 0; gate < gates; ++gate) {
    count_gate(tally, {}, run_gate({}, noise, builds, slowdown, benchmarks, rng), slowdown);
  }
  return tally;
}

/// The alarms alone of gates without a slowdown.
inline Tally simulate_alarms(const Noise& noise, const Builds& builds, int gates,
                             std::uint64_t seed, int benchmarks = 50) {
  Rng rng(seed);
  Tally tally;
  for (int gate = 0; gate < gates; ++gate) {
    count_alarms(tally, {}, run_gate({}, noise, builds, 0, benchmarks, rng));
  }
  return tally;
}

}  // namespace derate::test
