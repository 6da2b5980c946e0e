// SPDX-License-Identifier: Apache-2.0
// Fleets that never were, with a truth: GPUs whose natural spread is that of a study (slowest
// against fastest 8 % at a residual spread of 1 %), nodes that differ, rows and rounds with noise
// of their own, and a few GPUs that are truly slow.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "derate/statistics.h"
#include "fleet/levels.h"
#include "stats/hodges_lehmann.h"

namespace derate::test {

/// What a slow GPU is slow in.
enum class Fault { compute, memory, everything, mixed };

struct FleetModel {
  std::string name = "study";
  int nodes = 256;
  int gpus_of_node = 8;
  double residual = 0.01;    ///< robust standard deviation of a GPU's level in its group, each part
  double degrees = 12;       ///< of the GPUs' Student's t
  double node_share = 0.4;   ///< of the residual spread what is the node's, as a standard deviation
  double row_share = 0.3;    ///< likewise of a row on a GPU, beside the level of its part
  double round_share = 0.3;  ///< likewise of one round
  double bad_rounds = 0.01;  ///< share of the rounds that are 5 % slower, on any GPU
  int rounds = 5;
  double slow_share = 0.01;
  double least_slowdown = 0.05;
  double most_slowdown = 0.20;
  Fault fault = Fault::compute;
  bool left_skewed = false;  ///< the slow side of the healthy ones is half as wide again
};

struct SimulatedFleet {
  fleet::Levels levels;
  std::vector<double> slowdown;  ///< of each GPU; 0 for healthy ones
};

inline constexpr std::array<int, fleet::kParts> kRowsOfPart = {0, 15, 4, 4, 2};

class FleetDraw {
 public:
  FleetDraw(const FleetModel& model, std::uint64_t seed) : model_(model), random_(seed) {}

  SimulatedFleet draw() {
    SimulatedFleet made;
    fleet::Levels& levels = made.levels;
    levels.gpus =
        static_cast<std::size_t>(model_.nodes) * static_cast<std::size_t>(model_.gpus_of_node);
    for (const fleet::Part part : fleet::kEveryPart) {
      const int rows = kRowsOfPart[static_cast<std::size_t>(part)];
      levels.parts.insert(levels.parts.end(), static_cast<std::size_t>(rows), part);
    }
    levels.rows = levels.parts.size();
    for (int node = 0; node < model_.nodes; ++node) {
      const auto of_node =
          each_part([&] { return normal() * model_.node_share * model_.residual; });
      for (int gpu = 0; gpu < model_.gpus_of_node; ++gpu) {
        levels.node.push_back(node);
        levels.leaf.push_back(-1);
        add_gpu(of_node, made);
      }
    }
    return made;
  }

 private:
  using Parts = std::array<double, fleet::kParts>;

  template <typename Draw>
  Parts each_part(const Draw& draw) {
    Parts drawn = {};
    for (double& each : drawn) each = draw();
    return drawn;
  }

  double normal() { return normal_(random_); }
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  /// Its scaled MAD is 1.
  double heavy() {
    std::student_t_distribution<double> t(model_.degrees);
    const double drawn = t(random_) * 0.6745 / quartile();
    return model_.left_skewed && drawn < 0 ? 1.5 * drawn : drawn;
  }

  /// Upper quartile of Student's t, by Hill's expansion: within 0.2 % from 4 degrees on.
  double quartile() const {
    const double z = 0.6745;
    const double n = model_.degrees;
    return z + (std::pow(z, 3) + z) / (4 * n) +
           (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / (96 * n * n);
  }

  Parts slow_parts(double slowdown) {
    Fault fault = model_.fault;
    if (fault == Fault::mixed) {
      const double drawn = uniform();
      fault = drawn < 0.5 ? Fault::compute : drawn < 0.75 ? Fault::memory : Fault::everything;
    }
    Parts slow = {};
    const double by = std::log1p(-slowdown);
    if (fault != Fault::memory) slow[static_cast<std::size_t>(fleet::Part::compute)] = by;
    if (fault != Fault::compute) slow[static_cast<std::size_t>(fleet::Part::memory)] = by;
    if (fault == Fault::everything) slow[static_cast<std::size_t>(fleet::Part::transfer)] = by;
    return slow;
  }

  void add_gpu(const Parts& of_node, SimulatedFleet& made) {
    const bool slow = uniform() < model_.slow_share;
    const double slowdown =
        slow ? model_.least_slowdown + (model_.most_slowdown - model_.least_slowdown) * uniform()
             : 0;
    made.slowdown.push_back(slowdown);
    const double own_share = std::sqrt(1 - model_.node_share * model_.node_share);
    const Parts of_gpu = each_part([&] { return heavy() * own_share * model_.residual; });
    const Parts fault = slow ? slow_parts(slowdown) : Parts{};
    std::vector<double> rounds(static_cast<std::size_t>(model_.rounds));
    for (const fleet::Part part : made.levels.parts) {
      const auto at = static_cast<std::size_t>(part);
      const double level =
          of_node[at] + of_gpu[at] + fault[at] + normal() * model_.row_share * model_.residual;
      for (double& round : rounds) {
        round = level + normal() * model_.round_share * model_.residual;
        if (uniform() < model_.bad_rounds) round -= 0.05;
      }
      made.levels.level.push_back(hodges_lehmann(rounds));
      made.levels.best.push_back(
          rounds.size() < 3 ? kUnknown : *std::max_element(rounds.begin(), rounds.end()));
      made.levels.between.push_back(variance_of(rounds));
    }
  }

  static double variance_of(const std::vector<double>& values) {
    if (values.size() < 2) return kUnknown;
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    return sum / static_cast<double>(values.size() - 1);
  }

  const FleetModel& model_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

}  // namespace derate::test
