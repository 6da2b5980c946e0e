// SPDX-License-Identifier: Apache-2.0
// Splits at the median of the widest axis down to leaves of eight points; a search keeps the
// nearest so far in order and skips halves that are farther away.
#include "stats/kd_tree.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace derate {
namespace {

constexpr std::size_t kLeaf = 8;  // points that are faster looked through than divided

double squared_distance(const Octaves& a, const Octaves& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

}  // namespace

/// Distances are squared until the end.
struct KdTree::Search {
  const Octaves& query;
  std::size_t count;
  std::size_t but;
  std::vector<Neighbour>& found;

  [[nodiscard]] double reach() const {
    return found.size() < count ? HUGE_VAL : found.back().distance;
  }

  void look_at(const Octaves& point, std::size_t index) {
    const double distance = squared_distance(query, point);
    if (index == but || distance >= reach()) return;
    if (found.size() == count) found.pop_back();
    std::size_t place = found.size();
    found.emplace_back();
    for (; place > 0 && found[place - 1].distance > distance; --place) {
      found[place] = found[place - 1];
    }
    found[place] = {distance, index};
  }
};

KdTree::KdTree(std::vector<Octaves> points)
    : points_(std::move(points)), order_(points_.size()), axes_(points_.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  build(0, points_.size());
}

std::size_t KdTree::widest_axis(std::size_t begin, std::size_t end) const {
  Octaves widths{};
  for (std::size_t axis = 0; axis < widths.size(); ++axis) {
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (std::size_t i = begin; i < end; ++i) {
      low = std::min(low, points_[order_[i]][axis]);
      high = std::max(high, points_[order_[i]][axis]);
    }
    widths[axis] = high - low;
  }
  return static_cast<std::size_t>(std::max_element(widths.begin(), widths.end()) - widths.begin());
}

void KdTree::build(std::size_t begin, std::size_t end) {
  if (end - begin <= kLeaf) return;
  const std::size_t axis = widest_axis(begin, end);
  const std::size_t middle = begin + (end - begin) / 2;
  const auto at = [this](std::size_t i) { return order_.begin() + static_cast<std::ptrdiff_t>(i); };
  // By index where coordinates are equal, so that the tree is the same everywhere.
  std::nth_element(at(begin), at(middle), at(end), [&](std::size_t a, std::size_t b) {
    return std::pair(points_[a][axis], a) < std::pair(points_[b][axis], b);
  });
  axes_[middle] = axis;
  build(begin, middle);
  build(middle + 1, end);
}

void KdTree::search(std::size_t begin, std::size_t end, Search& state) const {
  if (end - begin <= kLeaf) {
    for (std::size_t i = begin; i < end; ++i) state.look_at(points_[order_[i]], order_[i]);
    return;
  }
  const std::size_t middle = begin + (end - begin) / 2;
  const std::size_t node = order_[middle];
  const double ahead = state.query[axes_[middle]] - points_[node][axes_[middle]];
  const auto below = [&] { search(begin, middle, state); };
  const auto above = [&] { search(middle + 1, end, state); };
  ahead < 0 ? below() : above();
  state.look_at(points_[node], node);
  if (ahead * ahead < state.reach()) ahead < 0 ? above() : below();
}

void KdTree::nearest(const Octaves& query, std::size_t count, std::size_t but,
                     std::vector<Neighbour>& found) const {
  found.clear();
  Search state{query, count, but, found};
  search(0, points_.size(), state);
  for (Neighbour& neighbour : found) neighbour.distance = std::sqrt(neighbour.distance);
}

}  // namespace derate
