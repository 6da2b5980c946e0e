// SPDX-License-Identifier: Apache-2.0
// What nanoflann asks of points and of the set of those found, for versions from 1.4 on.
#include "stats/kd_tree.h"

#include <cfloat>
#include <cmath>
#include <nanoflann.hpp>
#include <span>
#include <utility>

namespace derate {
namespace {

constexpr std::size_t kLeaf = 16;  // points that are faster looked through than divided

/// The nearest points so far, by squared distance. Among equally near ones the index decides, so
/// that the result depends neither on the version of nanoflann nor on how it divides the points.
class NearestPoints {
 public:
  using DistanceType = double;
  using IndexType = std::size_t;

  NearestPoints(std::size_t count, std::size_t but, std::vector<Neighbour>& found)
      : but_(but), room_(found) {
    room_.resize(count);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == room_.size(); }
  // NOLINTNEXTLINE(readability-identifier-naming): nanoflann's name
  [[nodiscard]] double worstDist() const { return reach_; }
  void sort() {}

  // NOLINTNEXTLINE(readability-identifier-naming): nanoflann's name
  bool addPoint(double distance, std::size_t index) {
    const auto before = [&](const Neighbour& one) {
      return distance < one.distance || (distance == one.distance && index < one.index);
    };
    if (index == but_ || (full() && !before(room_.back()))) return true;
    std::size_t place = full() ? size_ - 1 : size_++;
    for (; place > 0 && before(room_[place - 1]); --place) room_[place] = room_[place - 1];
    room_[place] = {distance, index};
    // A little farther than the farthest, since nanoflann leaves out what is exactly as far.
    if (full()) reach_ = room_.back().distance * (1 + 1e-12) + DBL_MIN;
    return true;
  }

 private:
  std::size_t but_;
  std::vector<Neighbour>& room_;
  std::size_t size_ = 0;
  double reach_ = HUGE_VAL;
};

}  // namespace

struct KdTree::Index {
  struct Points {
    std::span<const Octaves> all;

    [[nodiscard]] std::size_t kdtree_get_point_count() const { return all.size(); }
    [[nodiscard]] double kdtree_get_pt(std::size_t i, std::size_t axis) const {
      return all[i][axis];
    }
    template <typename Box>
    [[nodiscard]] bool kdtree_get_bbox(Box& /*box*/) const {
      return false;  // nanoflann finds it
    }
  };
  using Metric = nanoflann::L2_Simple_Adaptor<double, Points, double, std::size_t>;
  using Tree = nanoflann::KDTreeSingleIndexAdaptor<Metric, Points, 3, std::size_t>;

  explicit Index(std::span<const Octaves> all)
      : points{all}, tree(3, points, nanoflann::KDTreeSingleIndexAdaptorParams(kLeaf)) {}

  Points points;
  Tree tree;
};

KdTree::KdTree(std::vector<Octaves> points)
    : points_(std::move(points)), index_(std::make_unique<const Index>(points_)) {}

KdTree::KdTree(KdTree&&) noexcept = default;
KdTree::~KdTree() = default;

void KdTree::nearest(const Octaves& query, std::size_t count, std::size_t but,
                     std::vector<Neighbour>& found) const {
  NearestPoints nearest(count, but, found);
  index_->tree.findNeighbors(nearest, query.data(), {});
  found.resize(nearest.size());
  for (Neighbour& neighbour : found) neighbour.distance = std::sqrt(neighbour.distance);
}

}  // namespace derate
