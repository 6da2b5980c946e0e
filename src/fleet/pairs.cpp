// SPDX-License-Identifier: Apache-2.0
// Up to half of a node's pairs, and half of all nodes, may be anything without moving the others'
// figures.
#include "fleet/pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace derate::fleet {
namespace {

/// Of the noise of a median of n values with deviation 1: sqrt(pi / 2) / sqrt(n).
constexpr double kMedianLoss = 1.2533;

struct MeasuredPair {
  std::size_t one;
  std::size_t other;
  bool near;
  double value;  ///< logarithm of the bandwidth
};

class Polish {
 public:
  explicit Polish(const PairMatrix& matrix) : effects_(matrix.size()), of_node_(matrix.size()) {
    for (const auto& [one, other] : matrix.pairs()) {
      of_node_[one].push_back(cells_.size());
      of_node_[other].push_back(cells_.size());
      cells_.push_back(
          {one, other, matrix.share_switch(one, other), std::log(matrix.bytes_per_s(one, other))});
    }
    constexpr int kMostSweeps = 50;
    for (int sweep = 0; sweep < kMostSweeps && moved_ > 1e-9; ++sweep) {
      moved_ = 0;
      set_usual();
      set_effects();
    }
    set_usual();
  }

  [[nodiscard]] const std::vector<MeasuredPair>& cells() const { return cells_; }
  [[nodiscard]] const std::vector<double>& effects() const { return effects_; }
  [[nodiscard]] double usual(bool near) const { return near ? near_ : far_; }
  [[nodiscard]] std::size_t pairs_of(std::size_t node) const { return of_node_[node].size(); }
  [[nodiscard]] double residual(const MeasuredPair& cell) const {
    return cell.value - usual(cell.near) - effects_[cell.one] - effects_[cell.other];
  }

  [[nodiscard]] std::vector<double> values_of(std::size_t node) const {
    std::vector<double> values;
    for (const std::size_t cell : of_node_[node]) values.push_back(cells_[cell].value);
    return values;
  }

 private:
  void set_usual() {
    for (const bool near : {true, false}) {
      std::vector<double> rest;
      for (const MeasuredPair& cell : cells_) {
        if (cell.near == near)
          rest.push_back(cell.value - effects_[cell.one] - effects_[cell.other]);
      }
      (near ? near_ : far_) = median(rest);
    }
  }

  void set_effects() {
    for (std::size_t node = 0; node < effects_.size(); ++node) {
      if (of_node_[node].empty()) continue;
      std::vector<double> rest;
      for (const std::size_t cell : of_node_[node]) rest.push_back(residual(cells_[cell]));
      const double step = median(rest);
      effects_[node] += step;
      moved_ = std::max(moved_, std::abs(step));
    }
    const double middle = median(effects_);
    for (double& effect : effects_) effect -= middle;
  }

  std::vector<MeasuredPair> cells_;
  std::vector<double> effects_;
  std::vector<std::vector<std::size_t>> of_node_;
  double near_ = kUnknown;
  double far_ = kUnknown;
  double moved_ = 1;
};

/// The larger of a spread's own cut and what is to count at all, as a slowdown.
double least_found(double cut, double spread, double least) {
  return std::max(least, 1 - std::exp(-cut * spread));
}

/// The noise of the median of so many pairs: nodes that do not differ at all still do so by it.
double noise_of(std::size_t pairs, double link_spread) {
  return kMedianLoss * link_spread / std::sqrt(static_cast<double>(pairs));
}

double in_deviations(double effect, double spread) {
  return spread > 0 ? effect / spread : kUnknown;
}

void judge_nodes(const Polish& polish, double cut, PairModel& model) {
  std::vector<double> known;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (polish.pairs_of(i) > 0) known.push_back(polish.effects()[i]);
  }
  model.node_spread = scaled_mad(known);
  const double noise_of_full = noise_of(model.nodes.size() - 1, model.link_spread);
  model.least_node =
      least_found(cut, std::max(model.node_spread, noise_of_full), model.least_slowdown);
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    NodeOfPairs& node = model.nodes[i];
    node.pairs = polish.pairs_of(i);
    if (node.pairs == 0) continue;
    const double spread = std::max(model.node_spread, noise_of(node.pairs, model.link_spread));
    const double effect = polish.effects()[i];
    node.bytes_per_s = std::exp(median(polish.values_of(i)));
    node.effect = std::expm1(effect);
    node.deviations = in_deviations(effect, spread);
    const bool has_enough = 2 * node.pairs >= model.nodes.size() - 1;
    if (!has_enough || !model.cannot_tell.empty()) continue;
    const bool is_slow = effect < -cut * spread && -node.effect >= model.least_node;
    node.verdict = is_slow ? PairVerdict::slow : PairVerdict::healthy;
  }
}

void judge_links(const Polish& polish, const PairMatrix& matrix, PairModel& model) {
  const bool can_tell = model.cannot_tell.empty();
  for (const MeasuredPair& cell : polish.cells()) {
    const double one = polish.effects()[cell.one];
    const double other = polish.effects()[cell.other];
    const bool both_slow = model.nodes[cell.one].verdict == PairVerdict::slow &&
                           model.nodes[cell.other].verdict == PairVerdict::slow;
    const double expected =
        polish.usual(cell.near) + (both_slow ? std::min(one, other) : one + other);
    const double left = cell.value - expected;
    const bool is_slow = -std::expm1(left) >= model.least_link;
    const PairVerdict verdict = is_slow ? PairVerdict::slow : PairVerdict::healthy;
    model.links.push_back({cell.one, cell.other, std::exp(cell.value), std::expm1(left),
                           in_deviations(left, model.link_spread),
                           matrix.times(cell.one, cell.other),
                           can_tell ? verdict : PairVerdict::not_told});
  }
}

std::string why_not_told(std::size_t nodes, std::size_t pairs) {
  if (nodes < kFewestForPairs) {
    return fmt::format("{} nodes are too few to tell a slow node from a slow link: that takes {}",
                       nodes, kFewestForPairs);
  }
  const std::size_t all = nodes * (nodes - 1) / 2;
  if (4 * pairs >= 3 * all) return "";
  return fmt::format("{} of {} pairs were measured: too few to tell a slow node from a slow link",
                     pairs, all);
}

}  // namespace

std::string_view to_string(PairVerdict verdict) {
  constexpr std::array<std::string_view, 3> kWords = {"healthy", "slow", "cannot tell"};
  return kWords[static_cast<std::size_t>(verdict)];
}

PairMatrix::PairMatrix(std::vector<std::string> nodes, std::vector<std::string> switches)
    : nodes_(std::move(nodes)),
      switches_(std::move(switches)),
      measured_(nodes_.size() * (nodes_.size() + 1) / 2) {}

std::size_t PairMatrix::place(std::size_t one, std::size_t other) const {
  const auto [small, large] = std::minmax(one, other);
  return large * (large + 1) / 2 + small;
}

bool PairMatrix::share_switch(std::size_t one, std::size_t other) const {
  return switches_.empty() || switches_[one] == switches_[other];
}

void PairMatrix::add(std::size_t one, std::size_t other, double bytes_per_s) {
  measured_.at(place(one, other)).push_back(bytes_per_s);
}

std::size_t PairMatrix::times(std::size_t one, std::size_t other) const {
  return measured_.at(place(one, other)).size();
}

double PairMatrix::bytes_per_s(std::size_t one, std::size_t other) const {
  return one == other ? kUnknown : median(measured_.at(place(one, other)));
}

std::vector<std::pair<std::size_t, std::size_t>> PairMatrix::pairs() const {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t one = 0; one < size(); ++one) {
    for (std::size_t other = one + 1; other < size(); ++other) {
      if (times(one, other) > 0) pairs.emplace_back(one, other);
    }
  }
  return pairs;
}

PairModel fit_pairs(const PairMatrix& matrix, double least_slowdown) {
  const Polish polish(matrix);
  const PairCuts cuts = pair_cuts(matrix.size());
  PairModel model;
  model.pairs = polish.cells().size();
  model.nodes.resize(matrix.size());
  model.usual_bytes_per_s = std::exp(polish.usual(true));
  model.usual_far_bytes_per_s = std::exp(polish.usual(false));
  std::vector<double> left;
  for (const MeasuredPair& cell : polish.cells()) left.push_back(polish.residual(cell));
  model.link_spread = scaled_mad(left);
  model.least_slowdown = least_slowdown;
  model.cannot_tell = why_not_told(matrix.size(), model.pairs);
  judge_nodes(polish, cuts.node, model);
  if (model.cannot_tell.empty()) {
    model.least_link = least_found(cuts.link, model.link_spread, least_slowdown);
  } else {
    model.least_node = kUnknown;
  }
  judge_links(polish, matrix, model);
  return model;
}

std::vector<LinkOfPairs> PairModel::slow_links() const {
  std::vector<LinkOfPairs> slow;
  for (const LinkOfPairs& link : links) {
    if (link.verdict == PairVerdict::slow) slow.push_back(link);
  }
  std::stable_sort(slow.begin(), slow.end(),
                   [](const LinkOfPairs& a, const LinkOfPairs& b) { return a.effect < b.effect; });
  return slow;
}

}  // namespace derate::fleet
