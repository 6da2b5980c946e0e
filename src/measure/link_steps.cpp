// SPDX-License-Identifier: Apache-2.0
// The order of nodes is that of their first ranks, which is the same for all.
#include "measure/link_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/round_robin.h"
#include "derate/error.h"

namespace derate {
namespace {

LinkNode& node_named(const std::string& name, std::vector<LinkNode>& nodes) {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const LinkNode& node) { return node.name == name; });
  return found != nodes.end() ? *found : nodes.emplace_back(LinkNode{name, {}, 0, ""});
}

/// One rank has all GPUs that it sees, each of several has one.
void count_devices(const std::vector<LinkCard>& cards, LinkNode& node) {
  const int seen = cards[static_cast<std::size_t>(node.ranks.front())].devices;
  const auto ranks = static_cast<int>(node.ranks.size());
  if (ranks > 1 && seen > 1 && ranks > seen) {
    throw Error(ExitCode::usage,
                fmt::format("{} has {} ranks and {} GPUs: start one rank on each node, or one for "
                            "each GPU",
                            node.name, ranks, seen));
  }
  node.devices = ranks == 1 ? seen : ranks;
}

/// The number of GPUs that most nodes have; of two as frequent the larger.
int usual_devices(const std::vector<LinkNode>& nodes) {
  std::map<int, int> frequency;
  for (const LinkNode& node : nodes) ++frequency[node.devices];
  const auto most =
      std::max_element(frequency.begin(), frequency.end(),
                       [](const auto& a, const auto& b) { return a.second <= b.second; });
  return most == frequency.end() ? 0 : most->first;
}

}  // namespace

LinkLayout layout_of(const std::vector<LinkCard>& cards) {
  LinkLayout layout;
  for (std::size_t rank = 0; rank < cards.size(); ++rank) {
    node_named(cards[rank].node, layout.nodes).ranks.push_back(static_cast<int>(rank));
  }
  for (LinkNode& node : layout.nodes) count_devices(cards, node);
  layout.devices = usual_devices(layout.nodes);
  for (LinkNode& node : layout.nodes) {
    if (node.devices == layout.devices) continue;
    node.left_out = fmt::format("{} {} where most nodes have {}", node.devices,
                                node.devices == 1 ? "GPU" : "GPUs", layout.devices);
  }
  return layout;
}

std::vector<LinkStep> steps_of(const LinkLayout& layout) {
  std::vector<std::size_t> there;
  for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
    if (layout.nodes[i].left_out.empty()) there.push_back(i);
  }
  std::vector<LinkStep> steps;
  if (layout.devices > 1) {
    steps.push_back({LinkScope::node, 0, {}});
    for (const std::size_t node : there) steps.back().groups.push_back({node});
  }
  int number = 0;
  for (const Pairing& round : round_robin(there.size())) {
    steps.push_back({LinkScope::pair, ++number, {}});
    for (const auto& [one, other] : round) {
      steps.back().groups.push_back({there[one], there[other]});
    }
  }
  if (there.size() > 2) steps.push_back({LinkScope::all, 0, {there}});
  return steps;
}

LinkPart part_of(int rank, const LinkLayout& layout, const std::vector<LinkCard>& cards,
                 const std::vector<std::size_t>& nodes) {
  LinkPart part;
  part.leads = layout.nodes[nodes.front()].ranks.front() == rank;
  for (const std::size_t place : nodes) {
    const std::vector<int>& ranks = layout.nodes[place].ranks;
    const auto found = std::find(ranks.begin(), ranks.end(), rank);
    if (found == ranks.end()) {
      part.first_rank += layout.devices;
      continue;
    }
    const LinkCard& card = cards[static_cast<std::size_t>(rank)];
    if (ranks.size() > 1) {
      part.first_rank += static_cast<int>(found - ranks.begin());
      part.devices = {card.local % card.devices};
    } else {
      part.devices.resize(static_cast<std::size_t>(layout.devices));
      std::iota(part.devices.begin(), part.devices.end(), 0);
    }
    return part;
  }
  return {};
}

}  // namespace derate
