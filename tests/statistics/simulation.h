// SPDX-License-Identifier: Apache-2.0
// Whole gates on simulated or recorded processes: screened, confirmed and judged by the library as
// the runner does it, many times over, and counted.
#pragma once

#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <functional>

#include "regression/gate/builds_test.h"
#include "regression/gate/gate.h"
#include "regression/gate/pair_order.h"
#include "statistics/noise.h"

namespace derate::test {

/// How often something happened, with its exact (Clopper-Pearson) bounds of 95 % each way.
struct Share {
  std::int64_t hits = 0;
  std::int64_t trials = 0;

  void count(bool hit) {
    hits += hit ? 1 : 0;
    ++trials;
  }
  [[nodiscard]] double value() const {
    return trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials);
  }
  [[nodiscard]] double low() const {
    using Binomial = boost::math::binomial_distribution<double>;
    return hits == 0 ? 0
                     : Binomial::find_lower_bound_on_p(static_cast<double>(trials),
                                                       static_cast<double>(hits), 0.05);
  }
  [[nodiscard]] double high() const {
    using Binomial = boost::math::binomial_distribution<double>;
    return hits == trials ? 1
                          : Binomial::find_upper_bound_on_p(static_cast<double>(trials),
                                                            static_cast<double>(hits), 0.05);
  }
};

/// What came out of many gates.
struct Tally {
  Share false_alarm;        ///< gates with a regression that is none
  Share false_improvement;  ///< the same the other way
  Share found;              ///< injected slowdowns that were called regressions
  Share missed_unchanged;   ///< injected slowdowns that were called unchanged
  Share inconclusive;       ///< unchanged benchmarks that stayed open
  Share honest;             ///< of missed slowdowns: those below what was said to be detectable
  double process_runs = 0;  ///< a benchmark and gate, mean
};

/// Something that runs processes: fills in the times of one pair, of which `swapped` says that the
/// candidate runs first, for the benchmarks named.
using RunPair = std::function<void(bool swapped, const std::vector<std::size_t>& which,
                                   std::vector<TimePair>& times)>;

/// One gate, whose pairs are in the order of this seed. Stage 2 runs the suspects alone.
inline std::vector<PairSeries> run_gate(const GatePlan& plan, int benchmarks, std::uint64_t seed,
                                        const RunPair& run) {
  std::vector<PairSeries> series(static_cast<std::size_t>(benchmarks));
  std::vector<std::size_t> all(series.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<TimePair> times(series.size());
  const auto stage = [&](int number, int count, const std::vector<std::size_t>& which,
                         auto member) {
    if (which.empty()) return;
    for (const bool swapped : candidate_first(seed, number, count)) {
      run(swapped, which, times);
      for (const std::size_t b : which) (series[b].*member).push_back(times[b]);
    }
  };
  stage(1, plan.screen_pairs, all, &PairSeries::screen);
  stage(2, plan.confirm_pairs, to_confirm(plan, series), &PairSeries::confirm);
  return series;
}

/// Counts one gate, whose benchmark 0 is slower by `slowdown` (0: none is).
inline void count_gate(Tally& tally, const GatePlan& plan, const std::vector<PairSeries>& series,
                       double slowdown) {
  const std::vector<Judgement> judgements = judge(plan, series);
  bool regression = false;
  bool improvement = false;
  double runs = 0;
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    const Judgement& judgement = judgements[i];
    runs += 2.0 * static_cast<double>(series[i].screen.size() + series[i].confirm.size());
    const bool found = judgement.verdict == Verdict::regression;
    if (i == 0 && slowdown > 0) {
      tally.found.count(found);
      tally.missed_unchanged.count(judgement.verdict == Verdict::unchanged);
      if (!found) tally.honest.count(judgement.detectable > slowdown);
      continue;
    }
    regression |= found;
    improvement |= judgement.verdict == Verdict::improvement;
    tally.inconclusive.count(judgement.verdict == Verdict::inconclusive);
  }
  tally.false_alarm.count(regression);
  tally.false_improvement.count(improvement);
  const auto gates = static_cast<double>(tally.false_alarm.trials);
  tally.process_runs +=
      (runs / static_cast<double>(judgements.size()) - tally.process_runs) / gates;
}

/// One gate on a machine with this noise.
inline std::vector<PairSeries> run_gate(const GatePlan& plan, const Noise& noise, double slowdown,
                                        int benchmarks, Rng& rng) {
  Machine machine(noise, benchmarks, rng);
  const RunPair run = [&](bool swapped, const std::vector<std::size_t>& which,
                          std::vector<TimePair>& times) {
    machine.begin_slot();
    for (const bool candidate : {swapped, !swapped}) {
      machine.begin_process();
      for (const std::size_t b : which) {
        const double time = machine.median_time(b, candidate && b == 0 ? slowdown : 0);
        (candidate ? times[b].candidate_s : times[b].base_s) = time;
      }
    }
  };
  return run_gate(plan, benchmarks, rng(), run);
}

/// `gates` gates of a plan on a machine with this noise.
inline Tally simulate(const GatePlan& plan, const Noise& noise, int gates, double slowdown,
                      std::uint64_t seed, int benchmarks = 50) {
  Rng rng(seed);
  Tally tally;
  for (int gate = 0; gate < gates; ++gate) {
    count_gate(tally, plan, run_gate(plan, noise, slowdown, benchmarks, rng), slowdown);
  }
  return tally;
}

/// Whether the fresh pairs of any benchmark are sure of a change: without that there is no alarm.
inline bool any_sure(const GatePlan& plan, const std::vector<PairSeries>& series) {
  return std::any_of(series.begin(), series.end(), [&](const PairSeries& one) {
    const PairedTest test = time_test(one.confirm);
    return test.p_above() < plan.family_alpha || test.p_below() < plan.family_alpha;
  });
}

/// Counts the alarms alone of a gate without a slowdown, in a tenth of the time: most need no
/// judge(), which works out for each benchmark what it could have found.
inline void count_alarms(Tally& tally, const GatePlan& plan,
                         const std::vector<PairSeries>& series) {
  if (any_sure(plan, series)) {
    count_gate(tally, plan, series, 0);
  } else {
    tally.false_alarm.count(false);
    tally.false_improvement.count(false);
  }
}

/// The alarms alone of as many gates without a slowdown.
inline Tally simulate_alarms(const GatePlan& plan, const Noise& noise, int gates,
                             std::uint64_t seed, int benchmarks = 50) {
  Rng rng(seed);
  Tally tally;
  for (int gate = 0; gate < gates; ++gate) {
    count_alarms(tally, plan, run_gate(plan, noise, 0, benchmarks, rng));
  }
  return tally;
}

}  // namespace derate::test
