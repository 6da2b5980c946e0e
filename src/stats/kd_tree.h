// SPDX-License-Identifier: Apache-2.0
// Nearest shapes: nanoflann's k-d tree over points in three dimensions.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace derate {

/// log2 of m, n and k: a distance of 1 is an octave.
using Octaves = std::array<double, 3>;

struct Neighbour {
  double distance = 0;
  std::size_t index = 0;
};

class KdTree {
 public:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  explicit KdTree(std::vector<Octaves> points);
  KdTree(KdTree&&) noexcept;
  ~KdTree();

  /// The `count` nearest points, nearest first and by index where equally near, or all when there
  /// are fewer; `but` is left out.
  void nearest(const Octaves& query, std::size_t count, std::size_t but,
               std::vector<Neighbour>& found) const;

  [[nodiscard]] const std::vector<Octaves>& points() const { return points_; }

 private:
  struct Index;

  std::vector<Octaves> points_;
  std::unique_ptr<const Index> index_;  ///< refers to what points_ holds, which moves with it
};

}  // namespace derate
