// SPDX-License-Identifier: Apache-2.0
// Noise as days have it, for the tests of the history.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace derate::history {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}

  std::vector<double> white(std::size_t count, double sd) { return drifting(count, sd, 0); }

  /// Neighbours that correlate by `correlation`; the spread of all is `sd`.
  std::vector<double> drifting(std::size_t count, double sd, double correlation) {
    std::vector<double> values;
    double value = normal_(random_);
    for (std::size_t i = 0; i < count; ++i) {
      value = correlation * value + std::sqrt(1 - correlation * correlation) * normal_(random_);
      values.push_back(sd * value);
    }
    return values;
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

}  // namespace derate::history
