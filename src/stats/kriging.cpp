// SPDX-License-Identifier: Apache-2.0
// Solves the ordinary kriging system of up to 20 neighbours by Cholesky's decomposition, with a
// linear variogram and a nugget, for two fields at once.
#include "stats/kriging.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace derate {
namespace {

constexpr std::size_t kMost = GemmField::kNeighbours;

// Right-hand sides stand below the matrix as further rows, and leave the elimination solved.
enum Side : std::size_t { kQuery, kOnes, kFirst, kSecond, kSides };
constexpr std::size_t kRows = kMost + kSides;

/// The covariances of the neighbours, lower triangle by columns: inner loops run down a column, so
/// that a compiler can take several elements at once.
struct System {
  std::array<std::array<double, kRows>, kMost> column;

  /// Cholesky's elimination, after which row `side` holds L⁻¹ times that right-hand side.
  void eliminate(std::size_t count) {
    const std::size_t rows = count + kSides;
    for (std::size_t j = 0; j < count; ++j) {
      // The nugget keeps the pivots above 0 even where points coincide.
      const double scale = 1 / std::sqrt(column[j][j]);
      for (std::size_t i = j; i < rows; ++i) column[j][i] *= scale;
      for (std::size_t l = j + 1; l < count; ++l) {
        const double factor = column[j][l];
        for (std::size_t i = l; i < rows; ++i) column[l][i] -= factor * column[j][i];
      }
    }
  }

  [[nodiscard]] double product(std::size_t count, Side a, Side b) const {
    double sum = 0;
    for (std::size_t j = 0; j < count; ++j) sum += column[j][count + a] * column[j][count + b];
    return sum;
  }
};

double distance(const Octaves& a, const Octaves& b) {
  const double x = a[0] - b[0];
  const double y = a[1] - b[1];
  const double z = a[2] - b[2];
  return std::sqrt(x * x + y * y + z * z);
}

}  // namespace

GemmField::GemmField(std::vector<Octaves> points, std::vector<FieldValues> values)
    : tree_(std::move(points)), values_(std::move(values)) {}

void GemmField::around(const Octaves& query, std::size_t but, std::vector<Neighbour>& found) const {
  tree_.nearest(query, kNeighbours, but, found);
}

FieldEstimate GemmField::estimate(std::span<const Neighbour> neighbours, double nugget) const {
  const std::size_t count = std::min(neighbours.size(), kMost);
  // The linear variogram as a covariance. The mean is estimated too, so any sill gives the same
  // result that is large enough for a positive definite matrix.
  const double sill = 4 * neighbours[count - 1].distance + 1;
  System system;
  for (std::size_t j = 0; j < count; ++j) {
    auto& column = system.column[j];
    const Octaves& at = point(neighbours[j].index);
    column[j] = sill + nugget;
    for (std::size_t i = j + 1; i < count; ++i) {
      column[i] = sill - distance(at, point(neighbours[i].index));
    }
    column[count + kQuery] = sill - neighbours[j].distance;
    column[count + kOnes] = 1;
    column[count + kFirst] = values_[neighbours[j].index][0];
    column[count + kSecond] = values_[neighbours[j].index][1];
  }
  system.eliminate(count);
  const auto product = [&](Side a, Side b) { return system.product(count, a, b); };
  const double ones = product(kOnes, kOnes);
  const double missing = 1 - product(kOnes, kQuery);  // of the weights' sum, without the mean
  FieldEstimate estimate;
  for (const Side side : {kFirst, kSecond}) {
    const double mean = product(kOnes, side) / ones;
    estimate.value[side - kFirst] = product(kQuery, side) + mean * missing;
  }
  estimate.variance = sill - product(kQuery, kQuery) + missing * missing / ones;
  return estimate;
}

}  // namespace derate
