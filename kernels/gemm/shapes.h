// SPDX-License-Identifier: Apache-2.0
// The shapes that the suite of that name asks of gemm, for a model of the time to be fitted to:
// some that programs are known for; pairs that differ by whether an extent still fills its tiles;
// and a sample of all (m, n, k), in which every dimension is spread evenly over its octaves (a
// Latin hypercube in the logarithms: McKay, Beckman and Conover, Technometrics 21, 1979).
// Deterministic: every process and every device asks for the same ones, as far as its limits allow.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "derate/work.h"

namespace derate::gemm {

using Extents = std::array<std::int64_t, 3>;  // m, n, k

/// What a device can be asked for.
struct ShapeLimits {
  double most_flops = 0;     ///< of a launch
  double most_elements = 0;  ///< of all three matrices
  std::int64_t longest = 0;  ///< the largest extent
  std::int64_t usual = 0;    ///< of what a pair does not vary, and of programs' shapes
  std::int64_t granule = 1;  ///< all extents are multiples of it
};

/// For launches of so many operations. Half of what a pair or a program's shape asks for is a cube.
inline ShapeLimits limits_of(double most_flops, double most_elements, std::int64_t granule = 1) {
  std::int64_t usual = 2048;
  while (usual > 256 && 8 * std::pow(static_cast<double>(usual), 3) > most_flops) usual /= 2;
  return {most_flops, most_elements, 8 * usual, usual, granule};
}

inline double flops_of(const Extents& at) {
  return 2 * static_cast<double>(at[0]) * static_cast<double>(at[1]) * static_cast<double>(at[2]);
}

inline double elements_of(const Extents& at) {
  const auto [m, n, k] = std::array{static_cast<double>(at[0]), static_cast<double>(at[1]),
                                    static_cast<double>(at[2])};
  return m * k + k * n + m * n;
}

inline bool within(const ShapeLimits& limits, const Extents& at) {
  return flops_of(at) <= limits.most_flops && elements_of(at) <= limits.most_elements;
}

/// The multiple of `granule` that is nearest to `value`; at least one of them.
inline std::int64_t rounded_to(double value, std::int64_t granule) {
  return std::max<std::int64_t>(1, std::llround(value / static_cast<double>(granule))) * granule;
}

/// A token or a few (decoding), a layer's long and its narrow side, and a long sum.
inline std::vector<Extents> shapes_of_programs(std::int64_t usual) {
  const std::int64_t wide = 2 * usual;
  const std::int64_t narrow = usual / 8;
  return {{1, wide, wide},          {16, wide, wide},           {usual, wide, narrow},
          {usual, narrow, wide},    {narrow, narrow, 8 * wide}, {usual, 4 * usual, usual},
          {usual, usual, 4 * usual}};
}

/// Around multiples of 128 and 256, the sizes of tiles: the last extent that fills them and the
/// next one with whole vectors of 16 bytes; and the misaligned ones on either side.
inline std::vector<Extents> shapes_at_edges(std::int64_t usual) {
  std::vector<Extents> shapes;
  for (const std::int64_t edge : {std::int64_t{128}, std::int64_t{256}, usual, usual + 128}) {
    for (const std::int64_t beyond : {0, 16, -1, 1}) {
      for (std::size_t dimension = 0; dimension < 3; ++dimension) {
        Extents at = {usual, usual, usual};
        at[dimension] = edge + beyond;
        shapes.push_back(at);
      }
    }
  }
  return shapes;
}

/// One of `count` strata for each point, in random order. Not std::shuffle, which libraries do
/// differently.
inline std::vector<std::int64_t> random_strata(std::int64_t count, std::mt19937_64& random) {
  std::vector<std::int64_t> strata(static_cast<std::size_t>(count));
  std::iota(strata.begin(), strata.end(), 0);
  for (std::size_t i = strata.size(); i > 1; --i) std::swap(strata[i - 1], strata[random() % i]);
  return strata;
}

/// Extents as programs have them: of four points one is taken as it is drawn, misaligned as a rule;
/// one lies on multiples of 8 (16 bytes of 16-bit numbers), two on multiples of 64.
inline std::int64_t grain_of(std::int64_t point) {
  constexpr std::array<std::int64_t, 4> kGrains = {1, 8, 64, 64};
  return kGrains[static_cast<std::size_t>(point % 4)];
}

/// `count` points between 1 (m) or 64 (n and k) and the longest extent. One that is beyond the
/// limits shrinks in all dimensions alike.
inline std::vector<Extents> latin_hypercube(std::int64_t count, const ShapeLimits& limits) {
  constexpr std::array<double, 3> kShortest = {1, 64, 64};
  std::mt19937_64 random(1);
  std::vector<std::array<double, 3>> drawn(static_cast<std::size_t>(count));
  for (std::size_t dimension = 0; dimension < 3; ++dimension) {
    const std::vector<std::int64_t> strata = random_strata(count, random);
    const double octaves = std::log2(static_cast<double>(limits.longest) / kShortest[dimension]);
    for (std::size_t point = 0; point < drawn.size(); ++point) {
      const double place =
          static_cast<double>(strata[point]) + 0x1p-64 * static_cast<double>(random());
      drawn[point][dimension] =
          kShortest[dimension] * std::exp2(octaves * place / static_cast<double>(count));
    }
  }
  std::vector<Extents> points;
  for (std::int64_t point = 0; point < count; ++point) {
    const std::int64_t grain = std::max(limits.granule, grain_of(point));
    double scale = 1;
    Extents at{};
    do {
      for (std::size_t dimension = 0; dimension < 3; ++dimension) {
        const double extent = scale * drawn[static_cast<std::size_t>(point)][dimension];
        // Short extents keep their size: 64 would be all that is left of a few rows.
        at[dimension] =
            rounded_to(extent, extent < 4 * static_cast<double>(grain) ? limits.granule : grain);
      }
      scale *= 0.9;
    } while (!within(limits, at) && scale > 1e-3);
    points.push_back(at);
  }
  return points;
}

/// `count` shapes, or somewhat fewer where limits leave out some. Small counts have no pairs.
inline std::vector<Problem> shapes(std::int64_t count, const ShapeLimits& limits) {
  std::vector<Extents> wanted = shapes_of_programs(limits.usual);
  if (count >= 100) {
    for (const Extents& at : shapes_at_edges(limits.usual)) wanted.push_back(at);
  }
  const std::int64_t left = count - static_cast<std::int64_t>(wanted.size());
  for (const Extents& at : latin_hypercube(std::max<std::int64_t>(left, 0), limits)) {
    wanted.push_back(at);
  }
  std::set<Extents> seen;
  std::vector<Problem> problems;
  for (Extents at : wanted) {
    for (std::int64_t& extent : at) {
      extent = rounded_to(static_cast<double>(extent), limits.granule);
    }
    if (!within(limits, at) || !seen.insert(at).second) continue;
    problems.push_back({{"m", at[0]}, {"n", at[1]}, {"k", at[2]}});
  }
  return problems;
}

}  // namespace derate::gemm
