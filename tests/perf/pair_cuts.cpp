// SPDX-License-Identifier: Apache-2.0
// The table in src/fleet/pair_cuts.cpp, by simulation: derate_pair_cuts [SWEEPS] prints for each
// number of nodes what 99.5 % of sweeps over healthy nodes stay below.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "fleet/pairs.h"

namespace {

struct Extremes {
  std::vector<double> nodes;
  std::vector<double> links;
};

/// Of one sweep with pairs of deviation 1, in small units, and nodes of `node_spread`.
void add_sweep(std::size_t count, double node_spread, std::mt19937_64& random, Extremes& extremes) {
  std::student_t_distribution<double> tail(5);
  constexpr double kUnit = 1e-4;
  std::vector<double> effects(count);
  for (double& effect : effects) effect = kUnit * node_spread * tail(random);
  derate::PairMatrix matrix{std::vector<std::string>(count)};
  for (std::size_t one = 0; one < count; ++one) {
    for (std::size_t other = one + 1; other < count; ++other) {
      matrix.add(one, other, std::exp(effects[one] + effects[other] + kUnit * tail(random)));
    }
  }
  const derate::PairModel model = derate::fit_pairs(matrix, 0.99);
  double node = 0;
  for (const auto& each : model.nodes) node = std::max(node, -each.deviations);
  double link = 0;
  for (const auto& each : model.links) link = std::max(link, -each.deviations);
  extremes.nodes.push_back(node);
  extremes.links.push_back(link);
}

double quantile(std::vector<double>& values) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(values.size()));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

int main(int argc, char** argv) {
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
