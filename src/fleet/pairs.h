// SPDX-License-Identifier: Apache-2.0
// Bandwidths of pairs of nodes: what is slow is a node, whose pairs are all slow, or a link, which
// is slow though both of its nodes are not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "derate/statistics.h"

namespace derate::fleet {

/// What was measured of every pair; also what a heat map shows.
class PairMatrix {
 public:
  /// `switches` names the switch of each node, or is empty where that is not known.
  explicit PairMatrix(std::vector<std::string> nodes, std::vector<std::string> switches = {});

  [[nodiscard]] const std::vector<std::string>& nodes() const { return nodes_; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  /// Whether both hang on one switch; true where no switch is known.
  [[nodiscard]] bool share_switch(std::size_t one, std::size_t other) const;

  void add(std::size_t one, std::size_t other, double bytes_per_s);
  /// How often the pair was measured.
  [[nodiscard]] std::size_t times(std::size_t one, std::size_t other) const;
  /// The median of what was measured; NaN where nothing was, and of a node with itself.
  [[nodiscard]] double bytes_per_s(std::size_t one, std::size_t other) const;
  /// Pairs that were measured, the first of each the smaller.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> pairs() const;

 private:
  [[nodiscard]] std::size_t place(std::size_t one, std::size_t other) const;

  std::vector<std::string> nodes_;
  std::vector<std::string> switches_;
  std::vector<std::vector<double>> measured_;  ///< of a triangle
};

/// What counts as slow: this much slower than is usual, however little the others differ.
inline constexpr double kLeastSlowdown = 0.03;

enum class PairVerdict { healthy, slow, not_told };

[[nodiscard]] std::string_view to_string(PairVerdict verdict);

struct NodeOfPairs {
  std::size_t pairs = 0;          ///< that were measured
  double bytes_per_s = kUnknown;  ///< the median of its pairs
  double effect = kUnknown;       ///< of the node on its pairs: -0.2 is 20 % slower than usual
  /// That in robust standard deviations of all nodes' effects; NaN where they do not differ at all.
  double deviations = kUnknown;
  PairVerdict verdict = PairVerdict::not_told;
};

struct LinkOfPairs {
  std::size_t one = 0;
  std::size_t other = 0;
  double bytes_per_s = kUnknown;
  double effect = kUnknown;  ///< beside what its nodes have on all their pairs
  double deviations = kUnknown;
  std::size_t times = 0;  ///< measured
  PairVerdict verdict = PairVerdict::not_told;
};

struct PairModel {
  double usual_bytes_per_s = kUnknown;      ///< of a pair on one switch, or where none is known
  double usual_far_bytes_per_s = kUnknown;  ///< of a pair on two switches
  double least_slowdown = kLeastSlowdown;   ///< what counts as slow at least
  double node_spread = kUnknown;            ///< robust standard deviation of effects
  double link_spread = kUnknown;
  double least_node =
      kUnknown;  ///< the smallest slowdown that counts here, of a node with all pairs
  double least_link = kUnknown;
  std::size_t pairs = 0;
  std::vector<NodeOfPairs> nodes;
  std::vector<LinkOfPairs> links;  ///< that were measured
  std::string cannot_tell;         ///< why nothing is judged; else empty

  [[nodiscard]] std::vector<LinkOfPairs> slow_links() const;  ///< slowest first
};

/// Fewer nodes leave too little to tell a node's effect from a link's.
inline constexpr std::size_t kFewestForPairs = 6;

/// Robust standard deviations beyond which a node, or a link, is slow: in 199 of 200 sweeps over
/// `nodes` healthy nodes no node is, and in as many no link, by simulation with noise of Student's
/// t with 5 degrees of freedom, whatever share of it the nodes have.
struct PairCuts {
  double node = 0;
  double link = 0;
};
[[nodiscard]] PairCuts pair_cuts(std::size_t nodes);

/// log bandwidth = usual + effect of one node + effect of the other + what is left, fitted by
/// medians (Tukey's median polish, for a symmetric table). Of two slow nodes the slower one bounds
/// their pair.
[[nodiscard]] PairModel fit_pairs(const PairMatrix& matrix, double least_slowdown = kLeastSlowdown);

}  // namespace derate::fleet
