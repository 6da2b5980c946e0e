// SPDX-License-Identifier: Apache-2.0
// What is measured between nodes and in which order, as every rank works it out for itself from
// what all ranks said of themselves: each node alone, every pair in rounds, all together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "record/link_record.h"

namespace derate {

/// What a rank says of itself.
struct LinkCard {
  std::string node;
  int local = 0;    ///< among the ranks of its node
  int devices = 0;  ///< that it sees
};

struct LinkNode {
  std::string name;
  std::vector<int> ranks;  ///< one with all GPUs, or one for each
  int devices = 0;
  std::string left_out;  ///< why nothing is measured with it; else empty
};

struct LinkLayout {
  std::vector<LinkNode> nodes;  ///< in the order of their first ranks
  int devices = 0;              ///< of each node that takes part
};

/// Nodes with another number of GPUs than most are left out: their figures would be of something
/// else. Throws Error(usage) where more ranks than GPUs are on a node.
[[nodiscard]] LinkLayout layout_of(const std::vector<LinkCard>& cards);

/// Groups of nodes that are measured at the same time.
struct LinkStep {
  LinkScope scope = LinkScope::pair;
  int round = 0;
  std::vector<std::vector<std::size_t>> groups;  ///< places in LinkLayout::nodes
};

[[nodiscard]] std::vector<LinkStep> steps_of(const LinkLayout& layout);

/// What a rank does in a group.
struct LinkPart {
  int first_rank = 0;  ///< of its devices within the group
  std::vector<int> devices;
  bool leads = false;  ///< makes the group's id and writes its record
};

/// Of the rank `rank` in the group `nodes`; no devices where it has no part in it.
[[nodiscard]] LinkPart part_of(int rank, const LinkLayout& layout,
                               const std::vector<LinkCard>& cards,
                               const std::vector<std::size_t>& nodes);

}  // namespace derate
