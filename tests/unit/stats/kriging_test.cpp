// SPDX-License-Identifier: Apache-2.0
// The parts of the GEMM model: the simplex search, the nearest shapes, the field over them.
#include "stats/kriging.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "stats/nelder_mead.h"
#include "unit/gemm_model/synthetic_gemms.h"

namespace derate {
namespace {

std::vector<Octaves> points(std::uint64_t count, std::uint64_t seed) {
  std::vector<Octaves> made;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = [&](std::uint64_t j) { return 8 * gemm_chance(seed, 3 * i + j); };
    // Whole octaves on one axis, so that many coordinates are equal.
    made.push_back({at(0), std::round(at(1)), at(2)});
  }
  return made;
}

double distance(const Octaves& a, const Octaves& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

TEST(Simplex, FindsTheLeastOfAValleyAndOfACorner) {
  const auto valley = minimise(
      [](std::span<const double> x) {
        return 1 + (x[0] - 3) * (x[0] - 3) + 10 * (x[1] - x[0]) * (x[1] - x[0]);
      },
      {0, 10}, 0.3);
  EXPECT_NEAR(valley[0], 3, 0.02);
  EXPECT_NEAR(valley[1], 3, 0.02);
  const auto corner = minimise(
      [](std::span<const double> x) { return 1 + std::abs(x[0] - 2) + std::abs(x[1] + 1); }, {0, 0},
      0.3);
  EXPECT_NEAR(corner[0], 2, 0.001);
  EXPECT_NEAR(corner[1], -1, 0.001);
}

TEST(Simplex, KeepsAwayFromWhatIsNoNumber) {
  const auto best = minimise([](std::span<const double> x) { return x[0] - std::log(x[0]); }, {0.1},
                             -0.5);  // a logarithm of a negative number at once
  EXPECT_NEAR(best[0], 1, 0.01);
}

TEST(KdTree, FindsWhatLookingAtEveryPointFinds) {
  const std::vector<Octaves> all = points(500, 1);
  const KdTree tree(all);
  std::vector<Neighbour> found;
  for (const Octaves& query : points(100, 2)) {
    std::vector<double> expected;
    for (const Octaves& point : all) expected.push_back(distance(query, point));
    std::sort(expected.begin(), expected.end());
    tree.nearest(query, 20, KdTree::kNobody, found);
    ASSERT_EQ(found.size(), 20);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_DOUBLE_EQ(found[i].distance, expected[i]);
      EXPECT_DOUBLE_EQ(distance(query, all[found[i].index]), expected[i]);
    }
  }
}

TEST(KdTree, LeavesOneOutAndEndsWithThem) {
  const std::vector<Octaves> all = points(12, 1);
  std::vector<Neighbour> found;
  KdTree(all).nearest(all[5], 20, 5, found);
  EXPECT_EQ(found.size(), 11);
  EXPECT_TRUE(std::none_of(found.begin(), found.end(), [](auto& n) { return n.index == 5; }));
}

TEST(KdTree, PrefersTheLesserIndexAmongEquallyNear) {
  std::vector<Octaves> grid;  // of whole octaves, each point twice
  for (int i = 0; i < 2 * 125; ++i) {
    const int at = i % 125;
    grid.push_back({1.0 * (at % 5), 1.0 * (at / 5 % 5), 1.0 * (at / 25)});
  }
  const KdTree tree(grid);
  std::vector<Neighbour> found;
  for (const Octaves& query : grid) {
    std::vector<std::pair<double, std::size_t>> expected;
    for (std::size_t i = 0; i < grid.size(); ++i) {
      const double squared = std::pow(distance(query, grid[i]), 2);
      expected.emplace_back(std::round(squared), i);
    }
    std::sort(expected.begin(), expected.end());
    tree.nearest(query, 20, KdTree::kNobody, found);
    ASSERT_EQ(found.size(), 20);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].index, expected[i].second);
  }
}

/// The field's estimate at a point, from all others.
FieldEstimate at(const GemmField& field, const Octaves& query, double nugget,
                 std::size_t but = KdTree::kNobody) {
  std::vector<Neighbour> found;
  field.around(query, but, found);
  return field.estimate(found, nugget);
}

TEST(GemmField, KeepsAConstant) {
  const GemmField field(points(100, 1), std::vector<FieldValues>(100, {0.25, -4}));
  for (const Octaves& query : {Octaves{4, 4, 4}, Octaves{40, -40, 4}}) {
    EXPECT_NEAR(at(field, query, 0.4).value[0], 0.25, 1e-9);
    EXPECT_NEAR(at(field, query, 0.4).value[1], -4, 1e-9);
  }
}

TEST(GemmField, FollowsASlope) {
  const std::vector<Octaves> all = points(1000, 1);
  std::vector<FieldValues> values;
  for (const Octaves& point : all) values.push_back({point[0], point[2]});
  const GemmField field(all, values);
  const FieldEstimate found = at(field, {3.3, 4.1, 4.6}, 0.05);
  EXPECT_NEAR(found.value[0], 3.3, 0.15);
  EXPECT_NEAR(found.value[1], 4.6, 0.15);
}

TEST(GemmField, HoldsOneLineByHand) {
  // Two points an octave apart, without noise: halfway the mean of both; beyond, the nearer value.
  const GemmField field({{0, 0, 0}, {1, 0, 0}}, {{0, 0}, {1, 2}});
  EXPECT_NEAR(at(field, {0.5, 0, 0}, 1e-9).value[0], 0.5, 1e-6);
  EXPECT_NEAR(at(field, {0.25, 0, 0}, 1e-9).value[1], 0.5, 1e-6);
  EXPECT_NEAR(at(field, {3, 0, 0}, 1e-9).value[0], 1, 1e-6);
  // Of a random walk: zero at its points, d(1-d) x 2 between them, twice the distance beyond.
  EXPECT_NEAR(at(field, {1, 0, 0}, 1e-9).variance, 0, 1e-6);
  EXPECT_NEAR(at(field, {0.5, 0, 0}, 1e-9).variance, 0.5, 1e-6);
  EXPECT_NEAR(at(field, {3, 0, 0}, 1e-9).variance, 4, 1e-6);
}

TEST(GemmField, VarianceGrowsWithTheDistance) {
  const GemmField field(points(500, 1), std::vector<FieldValues>(500));
  double last = 0;
  for (const double beyond : {0.0, 1.0, 3.0, 9.0, 27.0}) {
    const double variance = at(field, {4 + beyond, 4, 8 + beyond}, 0.4).variance;
    EXPECT_GT(variance, last);
    last = variance;
  }
}

}  // namespace
}  // namespace derate
