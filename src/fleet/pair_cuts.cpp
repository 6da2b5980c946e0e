// SPDX-License-Identifier: Apache-2.0
// A table by simulation, and between and beyond its lines what the tails of that noise say:
// extremes of Student's t with 5 degrees of freedom grow with the fifth root of their number.
#include <algorithm>
#include <array>
#include <cmath>

#include "fleet/pairs.h"

namespace derate::fleet {
namespace {

struct CutLine {
  double nodes;
  PairCuts cuts;
};

/// The larger of four proportions of nodes' and pairs' noise, each beyond 99.5 % of its sweeps.
constexpr std::array kCutLines = {
    CutLine{6, {14.4, 36.0}},  CutLine{7, {14.4, 28.0}},  CutLine{8, {11.3, 15.4}},
    CutLine{10, {10.0, 13.3}}, CutLine{12, {9.8, 13.0}},  CutLine{16, {9.7, 13.0}},
    CutLine{24, {9.2, 14.6}},  CutLine{32, {9.2, 15.4}},  CutLine{48, {9.5, 18.4}},
    CutLine{64, {10.1, 20.4}}, CutLine{96, {10.6, 25.0}}, CutLine{128, {11.5, 29.0}}};

}  // namespace

PairCuts pair_cuts(std::size_t nodes) {
  const auto count = std::max(static_cast<double>(nodes), kCutLines.front().nodes);
  const CutLine& last = kCutLines.back();
  if (count >= last.nodes) {
    const double growth = count / last.nodes;
    return {last.cuts.node * std::pow(growth, 1.0 / 5), last.cuts.link * std::pow(growth, 2.0 / 5)};
  }
  const auto* const above =
      std::upper_bound(kCutLines.begin(), kCutLines.end(), count,
                       [](double value, const CutLine& line) { return value < line.nodes; });
  const CutLine& low = *(above - 1);
  const double share = std::log(count / low.nodes) / std::log(above->nodes / low.nodes);
  return {std::lerp(low.cuts.node, above->cuts.node, share),
          std::lerp(low.cuts.link, above->cuts.link, share)};
}

}  // namespace derate::fleet
