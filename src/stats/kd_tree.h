// SPDX-License-Identifier: Apache-2.0
// Nearest shapes: a k-d tree over points in three dimensions.
#pragma once

#include <array>
#include <cstddef>
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

  /// The `count` nearest points, nearest first, or all when there are fewer; `but` is left out.
  void nearest(const Octaves& query, std::size_t count, std::size_t but,
               std::vector<Neighbour>& found) const;

  [[nodiscard]] const std::vector<Octaves>& points() const { return points_; }

 private:
  struct Search;
  void build(std::size_t begin, std::size_t end);
  void search(std::size_t begin, std::size_t end, Search& state) const;
  [[nodiscard]] std::size_t widest_axis(std::size_t begin, std::size_t end) const;

  std::vector<Octaves> points_;
  std::vector<std::size_t> order_;  ///< the middle of a range is its node, halves its subtrees
  std::vector<std::size_t> axes_;   ///< along which the node at that place divides
};

}  // namespace derate
