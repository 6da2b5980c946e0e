// SPDX-License-Identifier: Apache-2.0
// What other tools would say of the same machines, each rule as its documentation describes it and
// fed as its users feed it: repetitions of one process for each side, one side after the other, or
// one process against the history of earlier ones. docs/regression.md names the sources.
#pragma once

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "derate/statistics.h"
#include "statistics/simulation.h"

namespace derate::test {

inline double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

inline double sd_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// Mann and Whitney's U test, two-sided, by the normal approximation with continuity correction (at
/// nine or more a side, what compare.py's library does).
inline double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b) {
  double u = 0;
  for (const double x : a) {
    for (const double y : b) u += x > y ? 1 : (x == y ? 0.5 : 0);
  }
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  const double spread = std::sqrt(n * m * (n + m + 1) / 12);
  const double z = std::max(0.0, std::abs(u - n * m / 2) - 0.5) / spread;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

/// Google Benchmark's compare.py: U test at 0.05, slower by the medians.
inline bool compare_py(const std::vector<double>& base, const std::vector<double>& candidate) {
  return mann_whitney_p(base, candidate) < 0.05 && median(candidate) > median(base);
}

/// github-action-benchmark, and any other fixed limit: the ratio of one figure to the one before.
inline bool fixed_ratio(const std::vector<double>& base, const std::vector<double>& candidate,
                        double limit) {
  return mean_of(candidate) / mean_of(base) > limit;
}

/// nvbench_compare as it was: more than the smaller relative deviation within the two processes.
inline bool nvbench_legacy(const std::vector<double>& base, const std::vector<double>& candidate) {
  const double before = mean_of(base);
  const double after = mean_of(candidate);
  const double noise = std::min(sd_of(base) / before, sd_of(candidate) / after);
  return (after - before) / before > noise;
}

inline double third_quartile(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double at = 0.75 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double above = values[std::min(below + 1, values.size() - 1)];
  return values[below] + (at - static_cast<double>(below)) * (above - values[below]);
}

/// nvbench_compare's robust rule: the intervals [min, third quartile] lie apart by 0.5 % or more.
/// (It asks for the same in cycles; the model's clocks do not change, so that it would hold.)
inline bool nvbench_robust(const std::vector<double>& base, const std::vector<double>& candidate) {
  const double gap = *std::min_element(candidate.begin(), candidate.end()) - third_quartile(base);
  return gap / third_quartile(base) >= 0.005;
}

/// Bencher's t-test threshold: one new figure above the prediction limit of the history.
inline bool bencher_t(const std::vector<double>& history, double now, double boundary) {
  const auto n = static_cast<double>(history.size());
  const double t = boost::math::quantile(boost::math::students_t(n - 1), boundary);
  return now > mean_of(history) + t * sd_of(history) * std::sqrt(1 + 1 / n);
}

/// conbench: z above 5 against earlier commits, whose outliers are left out of the deviation.
inline bool conbench(std::vector<double> history, double now) {
  const double mean = mean_of(history);
  const double centre = median(history);
  const double reach = 3 * scaled_mad(history);
  std::erase_if(history, [&](double value) { return std::abs(value - centre) > reach; });
  return history.size() > 2 && now - mean > 5 * sd_of(history);
}

struct Peer {
  std::string name;
  int repetitions = 1;  ///< in each process
  int history = 1;      ///< earlier processes that it compares with
  /// Whether it calls the last process's repetitions slower than the earlier ones'.
  std::function<bool(const std::vector<std::vector<double>>& history,
                     const std::vector<double>& now)>
      slower;
  bool back_to_back = false;  ///< both processes in one slot, the best that its users can do
};

inline std::vector<Peer> peers() {
  using Many = std::vector<std::vector<double>>;
  using One = std::vector<double>;
  const auto fixed = [](double limit) {
    return [limit](const Many& before, const One& now) {
      return fixed_ratio(before.back(), now, limit);
    };
  };
  const auto each = [](const Many& before, auto figure) {
    One figures;
    for (const One& one : before) figures.push_back(figure(one));
    return figures;
  };
  const auto bencher = [each](double boundary) {
    return [each, boundary](const Many& before, const One& now) {
      return bencher_t(each(before, mean_of), mean_of(now), boundary);
    };
  };
  const auto best = [](const One& one) { return *std::min_element(one.begin(), one.end()); };
  const auto utest = [](const Many& before, const One& now) {
    return compare_py(before.back(), now);
  };
  const auto legacy = [](const Many& before, const One& now) {
    return nvbench_legacy(before.back(), now);
  };
  const auto robust = [](const Many& before, const One& now) {
    return nvbench_robust(before.back(), now);
  };
  return {
      {"compare.py, 9 repetitions, back to back", 9, 1, utest, true},
      {"compare.py, 20 repetitions, back to back", 20, 1, utest, true},
      {"compare.py, 9 repetitions, apart", 9, 1, utest},
      {"nvbench, relative deviation, back to back", 20, 1, legacy, true},
      {"nvbench, relative deviation, apart", 20, 1, legacy},
      {"nvbench, robust, back to back", 20, 1, robust, true},
      {"nvbench, robust, apart", 20, 1, robust},
      {"fixed 5 %, back to back", 9, 1, fixed(1.05), true},
      {"fixed 5 %, apart", 9, 1, fixed(1.05)},
      {"github-action-benchmark, 200 %, apart", 9, 1, fixed(2.0)},
      {"github-action-benchmark, 110 %, apart", 9, 1, fixed(1.1)},
      {"Bencher, t-test 0.95, 64 runs", 1, 64, bencher(0.95)},
      {"Bencher, t-test 0.99, 64 runs", 1, 64, bencher(0.99)},
      {"conbench, z > 5, 100 runs", 3, 100,
       [each, best](const Many& before, const One& now) {
         return conbench(each(before, best), best(now));
       }},
  };
}

struct PeerTally {
  Share false_alarm;  ///< runs over all benchmarks with any that is called slower and is not
  Share found;        ///< injected slowdowns that were called slower
};

/// Runs of a peer over `benchmarks`, of which the first is slower by `slowdown` at last. Processes
/// that are minutes or commits apart lie in slots of their own.
inline PeerTally replay_peer(const Peer& peer, const Noise& noise, int runs, double slowdown,
                             std::uint64_t seed, int benchmarks = 50) {
  Rng rng(seed);
  PeerTally tally;
  for (int run = 0; run < runs; ++run) {
    Machine machine(noise, benchmarks, rng);
    const auto count = static_cast<std::size_t>(benchmarks);
    std::vector<std::vector<std::vector<double>>> before(count);
    std::vector<std::vector<double>> now(count);
    for (int process = 0; process <= peer.history; ++process) {
      if (process == 0 || !peer.back_to_back) machine.begin_slot();
      machine.begin_process();
      const bool last = process == peer.history;
      for (std::size_t b = 0; b < count; ++b) {
        auto times = machine.repetitions(b, peer.repetitions, last && b == 0 ? slowdown : 0);
        last ? void(now[b] = std::move(times)) : before[b].push_back(std::move(times));
      }
    }
    bool alarm = false;
    for (std::size_t b = 0; b < count; ++b) {
      const bool slower = peer.slower(before[b], now[b]);
      b == 0 && slowdown > 0 ? tally.found.count(slower) : void(alarm |= slower);
    }
    tally.false_alarm.count(alarm);
  }
  return tally;
}

}  // namespace derate::test
