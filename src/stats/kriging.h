// SPDX-License-Identifier: Apache-2.0
// A field over shapes, known at some: kriging from the nearest ones, with a variance that grows
// linearly with the distance (Cressie, Statistics for Spatial Data, section 3.2, ordinary kriging).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "stats/kd_tree.h"

namespace derate {

/// Two fields at once, which share distances and with them nearly all of the work.
using FieldValues = std::array<double, 2>;

struct FieldEstimate {
  FieldValues value{};
  /// Of the field there, without the noise of samples: 0 at a point whose sample has none. In units
  /// in which fields differ by a variance of 2 between points an octave apart.
  double variance = 0;
};

class GemmField {
 public:
  static constexpr std::size_t kNeighbours = 20;

  GemmField(std::vector<Octaves> points, std::vector<FieldValues> values);

  /// The points that an estimate at `query` is made of, nearest first; point `but` is left out.
  void around(const Octaves& query, std::size_t but, std::vector<Neighbour>& found) const;

  /// `nugget` is the variance of a sample's own noise, in the unit of FieldEstimate::variance.
  [[nodiscard]] FieldEstimate estimate(std::span<const Neighbour> neighbours, double nugget) const;

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] const Octaves& point(std::size_t i) const { return tree_.points()[i]; }
  [[nodiscard]] const FieldValues& values(std::size_t i) const { return values_[i]; }

 private:
  KdTree tree_;
  std::vector<FieldValues> values_;
};

}  // namespace derate
