// SPDX-License-Identifier: Apache-2.0
// The table in src/fleet/pair_cuts.cpp, by simulation: derate_pair_cuts [SWEEPS] prints for each
// number of nodes what 99.5 % of sweeps over healthy nodes stay below. derate_pair_cuts found
// prints which slowdown of a node, and of a link, 95 of 100 sweeps find: the table in
// docs/fleet.md.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "fleet/pairs.h"

namespace {

using Noise = std::student_t_distribution<double>;

struct Extremes {
  std::vector<double> nodes;
  std::vector<double> links;
};

/// Of one sweep with pairs of deviation 1, in small units, and nodes of `node_spread`.
void add_sweep(std::size_t count, double node_spread, std::mt19937_64& random, Extremes& extremes) {
  Noise tail(5);
  constexpr double kUnit = 1e-4;
  std::vector<double> effects(count);
  for (double& effect : effects) effect = kUnit * node_spread * tail(random);
  derate::fleet::PairMatrix matrix{std::vector<std::string>(count)};
  for (std::size_t one = 0; one < count; ++one) {
    for (std::size_t other = one + 1; other < count; ++other) {
      matrix.add(one, other, std::exp(effects[one] + effects[other] + kUnit * tail(random)));
    }
  }
  const derate::fleet::PairModel model = derate::fleet::fit_pairs(matrix, 0.99);
  double node = 0;
  for (const auto& each : model.nodes) node = std::max(node, -each.deviations);
  double link = 0;
  for (const auto& each : model.links) link = std::max(link, -each.deviations);
  extremes.nodes.push_back(node);
  extremes.links.push_back(link);
}

/// Whether the model names the slow node 0, or the slow link between 1 and 2, and nothing else.
bool is_found(std::size_t count, double spread, double slowdown, bool of_node,
              std::mt19937_64& random) {
  Noise tail(5);
  const double unit = spread / std::sqrt(5.0 / 3);  // the standard deviation of that noise
  std::vector<double> effects(count);
  for (double& effect : effects) effect = unit * tail(random);
  derate::fleet::PairMatrix matrix{std::vector<std::string>(count)};
  for (std::size_t one = 0; one < count; ++one) {
    for (std::size_t other = one + 1; other < count; ++other) {
      const bool is_slow = of_node ? one == 0 : one == 1 && other == 2;
      const double share = is_slow ? 1 - slowdown : 1;
      matrix.add(one, other, share * std::exp(effects[one] + effects[other] + unit * tail(random)));
    }
  }
  const derate::fleet::PairModel model = derate::fleet::fit_pairs(matrix);
  std::size_t slow_nodes = 0;
  for (const auto& node : model.nodes)
    slow_nodes += node.verdict == derate::fleet::PairVerdict::slow;
  const bool is_node = model.nodes[0].verdict == derate::fleet::PairVerdict::slow;
  const auto links = model.slow_links();
  if (of_node) return is_node && slow_nodes == 1 && links.empty();
  return slow_nodes == 0 && links.size() == 1 && links[0].one == 1 && links[0].other == 2;
}

/// The smallest in steps of half a per cent.
double found_at(std::size_t count, double spread, bool of_node) {
  constexpr int kSweeps = 200;
  for (double slowdown = 0.03; slowdown < 0.9; slowdown += 0.005) {
    std::mt19937_64 random(count);
    int found = 0;
    for (int i = 0; i < kSweeps; ++i) found += is_found(count, spread, slowdown, of_node, random);
    if (found >= kSweeps * 95 / 100) return slowdown;
  }
  return 1;
}

void print_found() {
  std::printf("| nodes | spread | node | link |\n| ---: | ---: | ---: | ---: |\n");
  for (const std::size_t count : {8, 16, 64}) {
    for (const double spread : {0.002, 0.005, 0.01}) {
      std::printf("| %zu | %.1f %% | %.1f %% | %.1f %% |\n", count, 100 * spread,
                  100 * found_at(count, spread, true), 100 * found_at(count, spread, false));
      std::fflush(stdout);
    }
  }
}

double quantile(std::vector<double>& values) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(values.size()));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "found") {
    print_found();
    return 0;
  }
  const int sweeps = argc > 1 ? std::atoi(argv[1]) : 2000;
  for (const std::size_t count : {6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128}) {
    std::mt19937_64 random(count);
    double node = 0;
    double link = 0;
    for (const double node_spread : {0.0, 0.3, 1.0, 5.0}) {
      Extremes extremes;
      for (int i = 0; i < sweeps; ++i) add_sweep(count, node_spread, random, extremes);
      node = std::max(node, quantile(extremes.nodes));
      link = std::max(link, quantile(extremes.links));
    }
    std::printf("CutLine{%zu, {%.1f, %.1f}},\n", count, node, link);
    std::fflush(stdout);
  }
}
