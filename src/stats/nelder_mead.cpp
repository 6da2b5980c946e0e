// SPDX-License-Identifier: Apache-2.0
// Reflection, expansion, contraction and shrinking with the usual coefficients (1, 2, 1/2, 1/2); a
// second, smaller simplex resumes from the first one's result.
#include "stats/nelder_mead.h"

#include <algorithm>
#include <cmath>

namespace derate {
namespace {

constexpr int kSteps = 500;
constexpr double kFlat = 1e-5;

struct Corner {
  std::vector<double> at;
  double value = 0;
};

class Simplex {
 public:
  Simplex(const Objective& objective, const std::vector<double>& start, double step)
      : objective_(objective) {
    corners_.push_back(corner(start));
    for (std::size_t i = 0; i < start.size(); ++i) {
      std::vector<double> at = start;
      at[i] += step;
      corners_.push_back(corner(at));
    }
    sort();
  }

  [[nodiscard]] const Corner& best() const { return corners_.front(); }

  [[nodiscard]] bool flat() const {
    const double range = corners_.back().value - best().value;
    return range <= kFlat * (std::abs(best().value) + kFlat);
  }

  void step() {
    const Corner reflected = beyond(-1);
    if (reflected.value < best().value) {
      const Corner expanded = beyond(-2);
      corners_.back() = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < corners_[corners_.size() - 2].value) {
      corners_.back() = reflected;
    } else {
      const bool outside = reflected.value < corners_.back().value;
      const Corner contracted = beyond(outside ? -0.5 : 0.5);
      if (contracted.value < std::min(reflected.value, corners_.back().value)) {
        corners_.back() = contracted;
      } else {
        shrink();
      }
    }
    sort();
  }

 private:
  [[nodiscard]] Corner corner(const std::vector<double>& at) const {
    const double value = objective_(at);
    return {at, std::isnan(value) ? HUGE_VAL : value};  // a NaN would defeat the sorting
  }

  void sort() {
    std::stable_sort(corners_.begin(), corners_.end(),
                     [](const Corner& a, const Corner& b) { return a.value < b.value; });
  }

  /// On the line from the centre of the better corners to the worst one: 1 is the worst itself.
  [[nodiscard]] Corner beyond(double factor) const {
    std::vector<double> at(best().at.size());
    const auto better = static_cast<double>(corners_.size() - 1);
    for (std::size_t j = 0; j < at.size(); ++j) {
      double centre = 0;
      for (std::size_t i = 0; i + 1 < corners_.size(); ++i) centre += corners_[i].at[j] / better;
      at[j] = centre + factor * (corners_.back().at[j] - centre);
    }
    return corner(at);
  }

  void shrink() {
    for (std::size_t i = 1; i < corners_.size(); ++i) {
      std::vector<double> at = corners_[i].at;
      for (std::size_t j = 0; j < at.size(); ++j) at[j] = (at[j] + best().at[j]) / 2;
      corners_[i] = corner(at);
    }
  }

  const Objective& objective_;
  std::vector<Corner> corners_;
};

}  // namespace

std::vector<double> minimise(const Objective& objective, std::vector<double> start, double step) {
  // A simplex can collapse before it has arrived; a second, smaller one goes on from there.
  for (const double edge : {step, step / 4}) {
    Simplex simplex(objective, start, edge);
    for (int i = 0; i < kSteps && !simplex.flat(); ++i) simplex.step();
    start = simplex.best().at;
  }
  return start;
}

}  // namespace derate
