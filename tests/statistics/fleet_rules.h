// SPDX-License-Identifier: Apache-2.0
// What others call a slow GPU, on the same fleets: fixed shares of a mean, of a node's best, of a
// reference; and interquartile fences. And the tally of any such rule.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "fleet/judge.h"
#include "statistics/fleet_model.h"

namespace derate::test {

using Named = std::vector<bool>;  ///< of each GPU
using FleetRule = std::function<Named(const SimulatedFleet&)>;

inline FleetRule derate_rule(fleet::Asked asked = {}) {
  return [asked](const SimulatedFleet& made) {
    Named named;
    for (const fleet::GpuJudgement& each : fleet::judge_group(made.levels, asked).gpus) {
      named.push_back(each.slow);
    }
    return named;
  };
}

/// Any row below `share` of what `reference` makes of that row's rates.
inline FleetRule any_row_below(double share, std::function<double(std::vector<double>)> reference) {
  return [share, reference = std::move(reference)](const SimulatedFleet& made) {
    const fleet::Levels& levels = made.levels;
    Named named(levels.gpus);
    for (std::size_t row = 0; row < levels.rows; ++row) {
      std::vector<double> rates;
      for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
        rates.push_back(std::exp(levels.at(gpu, row)));
      }
      const double least = share * reference(rates);
      for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
        if (rates[gpu] < least) named[gpu] = true;
      }
    }
    return named;
  };
}

/// SuperBench's baseline: the mean of what its own rule leaves, until nothing changes.
inline double trimmed_by_rule(std::vector<double> rates) {
  constexpr double kRule = 0.95;
  while (true) {
    double mean = 0;
    for (const double rate : rates) mean += rate / static_cast<double>(rates.size());
    if (std::erase_if(rates, [&](double rate) { return rate < kRule * mean; }) == 0) return mean;
  }
}

/// gpu-fryer: one product, below 0.9 of the best GPU of its node.
inline Named below_best_of_node(const SimulatedFleet& made) {
  const fleet::Levels& levels = made.levels;
  std::vector<double> best;
  for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
    const auto node = static_cast<std::size_t>(levels.node[gpu]);
    if (best.size() <= node) best.resize(node + 1, -1e300);
    best[node] = std::max(best[node], levels.at(gpu, 0));
  }
  Named named;
  for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
    named.push_back(levels.at(gpu, 0) <
                    best[static_cast<std::size_t>(levels.node[gpu])] + std::log(0.9));
  }
  return named;
}

/// Tukey's fences on any row.
inline FleetRule below_fence(double times) {
  return any_row_below(1, [times](std::vector<double> rates) {
    std::sort(rates.begin(), rates.end());
    const double low = rates[rates.size() / 4];
    const double high = rates[3 * rates.size() / 4];
    return low - times * (high - low);
  });
}

struct FleetTally {
  // Of truly slow ones by 6 % or more, and by classes of slowdown: 5 to 6, 6 to 8, 8 to 12, 12 on.
  std::array<int, 4> slow = {};
  std::array<int, 4> found = {};
  int named = 0;
  int healthy_named = 0;
  int fleets_with_healthy_named = 0;
  int fleets = 0;

  [[nodiscard]] double power() const {
    const int all = slow[1] + slow[2] + slow[3];
    if (all == 0) return 0;
    return static_cast<double>(found[1] + found[2] + found[3]) / static_cast<double>(all);
  }
  [[nodiscard]] double false_share() const {
    return named == 0 ? 0 : static_cast<double>(healthy_named) / static_cast<double>(named);
  }
};

inline std::size_t class_of(double slowdown) {
  return slowdown < 0.06 ? 0 : slowdown < 0.08 ? 1 : slowdown < 0.12 ? 2 : 3;
}

/// Every rule on the same fleets.
inline std::vector<FleetTally> tally_rules(const FleetModel& model,
                                           const std::vector<FleetRule>& rules, int fleets,
                                           std::uint64_t seed) {
  std::vector<FleetTally> tallies(rules.size());
  for (int i = 0; i < fleets; ++i) {
    const SimulatedFleet made = FleetDraw(model, seed + static_cast<std::uint64_t>(i)).draw();
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
      FleetTally& tally = tallies[rule];
      const Named named = rules[rule](made);
      bool any_healthy = false;
      for (std::size_t gpu = 0; gpu < named.size(); ++gpu) {
        const double slowdown = made.slowdown[gpu];
        tally.named += named[gpu] ? 1 : 0;
        if (slowdown > 0) {
          ++tally.slow[class_of(slowdown)];
          tally.found[class_of(slowdown)] += named[gpu] ? 1 : 0;
        } else if (named[gpu]) {
          ++tally.healthy_named;
          any_healthy = true;
        }
      }
      tally.fleets_with_healthy_named += any_healthy ? 1 : 0;
      ++tally.fleets;
    }
  }
  return tallies;
}

}  // namespace derate::test
