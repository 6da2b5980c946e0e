// SPDX-License-Identifier: Apache-2.0
// The shapes that a model of gemm's time is to be fitted to: spread over every dimension, on both
// sides of the edges of tiles, aligned and not, and always the same.
#include "gemm/shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace derate::gemm {
namespace {

constexpr double kUnlimited = 1e300;
const ShapeLimits kLarge = limits_of(kUnlimited, kUnlimited);

std::vector<std::string> names(const std::vector<Problem>& problems) {
  std::vector<std::string> names;
  for (const Problem& problem : problems) names.push_back(problem.str());
  return names;
}

bool has(const std::vector<Problem>& problems, const Extents& at) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& problem) {
    return Extents{problem.at("m"), problem.at("n"), problem.at("k")} == at;
  });
}

TEST(Shapes, AreTheSameEveryTime) {
  EXPECT_EQ(names(shapes(360, kLarge)), names(shapes(360, kLarge)));
  // Written down, since processes and machines must agree; from a generator that the standard
  // defines bit for bit.
  EXPECT_EQ(latin_hypercube(360, kLarge)[0], (Extents{1462, 253, 285}));
}

TEST(LatinHypercube, SpreadsEveryDimensionEvenlyOverItsOctaves) {
  constexpr std::int64_t kCount = 280;
  const std::vector<Extents> points = latin_hypercube(kCount, kLarge);
  ASSERT_EQ(points.size(), 280U);
  constexpr std::array<double, 3> kShortest = {1, 64, 64};
  for (std::size_t dimension = 0; dimension < 3; ++dimension) {
    // Tenths of the logarithm, each with a tenth of the points; multiples of 64 move a few to the
    // next one, and below 8 the tenths of m hold few integers.
    std::array<int, 10> tenths{};
    const double all = std::log2(static_cast<double>(kLarge.longest) / kShortest[dimension]);
    for (const Extents& point : points) {
      const double octaves =
          std::log2(static_cast<double>(point[dimension]) / kShortest[dimension]);
      ++tenths[static_cast<std::size_t>(std::clamp(10 * octaves / all, 0.0, 9.0))];
    }
    for (std::size_t tenth = dimension == 0 ? 3 : 0; tenth < 10; ++tenth) {
      EXPECT_NEAR(tenths[tenth], 28, 8) << "dimension " << dimension << ", tenth " << tenth;
    }
  }
}

TEST(LatinHypercube, DimensionsDoNotFollowOneAnother) {
  const std::vector<Extents> points = latin_hypercube(280, kLarge);
  const auto correlation = [&](std::size_t x, std::size_t y) {
    double sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0;
    for (const Extents& point : points) {
      const double a = std::log(static_cast<double>(point[x]));
      const double b = std::log(static_cast<double>(point[y]));
      sum_x += a;
      sum_y += b;
      sum_xx += a * a;
      sum_yy += b * b;
      sum_xy += a * b;
    }
    const auto n = static_cast<double>(points.size());
    return (n * sum_xy - sum_x * sum_y) /
           std::sqrt((n * sum_xx - sum_x * sum_x) * (n * sum_yy - sum_y * sum_y));
  };
  EXPECT_LT(std::abs(correlation(0, 1)), 0.15);
  EXPECT_LT(std::abs(correlation(0, 2)), 0.15);
  EXPECT_LT(std::abs(correlation(1, 2)), 0.15);
}

TEST(LatinHypercube, HasAlignedExtentsAndOthers) {
  int long_ones = 0;
  int on_64 = 0;
  int misaligned = 0;  // to vectors of 16 bytes of 16-bit numbers
  for (const Extents& point : latin_hypercube(280, kLarge)) {
    if (point[2] < 512) continue;
    ++long_ones;
    on_64 += point[2] % 64 == 0 ? 1 : 0;
    misaligned += point[2] % 8 != 0 ? 1 : 0;
  }
  EXPECT_GT(on_64, 0.4 * long_ones);
  EXPECT_GT(misaligned, 0.15 * long_ones);
  EXPECT_LT(misaligned, 0.35 * long_ones);
}

TEST(Shapes, LieOnBothSidesOfTheEdgesOfTiles) {
  const std::vector<Problem> all = shapes(360, kLarge);
  for (const std::int64_t edge : {128, 256, 2048, 2176}) {
    for (const std::int64_t beyond : {-1, 0, 1, 16}) {
      EXPECT_TRUE(has(all, {edge + beyond, 2048, 2048})) << edge << " " << beyond;
      EXPECT_TRUE(has(all, {2048, edge + beyond, 2048})) << edge << " " << beyond;
      EXPECT_TRUE(has(all, {2048, 2048, edge + beyond})) << edge << " " << beyond;
    }
  }
  EXPECT_TRUE(has(all, {1, 4096, 4096})) << "decoding";
  EXPECT_FALSE(has(shapes(48, kLarge), {127, 2048, 2048})) << "a slow variant has no pairs";
}

TEST(Shapes, StayWithinTheLimits) {
  for (const double most_flops : {1e8, 1e9, 6e9, 1e11, 1e13}) {
    const ShapeLimits limits = limits_of(most_flops, 1e8);
    const std::vector<Problem> all = shapes(150, limits);
    EXPECT_GE(all.size(), 134U) << most_flops;
    for (const Problem& problem : all) {
      const Extents at = {problem.at("m"), problem.at("n"), problem.at("k")};
      EXPECT_LE(flops_of(at), most_flops) << problem.str();
      EXPECT_LE(elements_of(at), 1e8) << problem.str();
      for (const std::int64_t extent : at) EXPECT_GE(extent, 1) << problem.str();
    }
  }
}

TEST(Shapes, AreMultiplesOfTheGranule) {
  const std::vector<Problem> all = shapes(360, limits_of(kUnlimited, kUnlimited, 16));
  EXPECT_GE(all.size(), 300U);
  for (const Problem& problem : all) {
    for (const char* extent : {"m", "n", "k"})
      EXPECT_EQ(problem.at(extent) % 16, 0) << problem.str();
  }
}

}  // namespace
}  // namespace derate::gemm
