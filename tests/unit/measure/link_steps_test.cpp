// SPDX-License-Identifier: Apache-2.0
// Every rank finds its place: one process on each node or one for each GPU, nodes with fewer GPUs
// left out, and every device of a group in it once.
#include "measure/link_steps.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "derate/error.h"

namespace derate {
namespace {

/// One process on each of the nodes, with so many GPUs.
std::vector<LinkCard> whole_nodes(const std::vector<int>& devices) {
  std::vector<LinkCard> cards;
  for (const int count : devices) cards.push_back({"n" + std::to_string(cards.size()), 0, count});
  return cards;
}

/// A process for each GPU; tasks of a node are not neighbours, as srun's cyclic order has them.
std::vector<LinkCard> process_for_each_gpu(int nodes, int devices, int seen) {
  std::vector<LinkCard> cards;
  for (int local = 0; local < devices; ++local) {
    for (int node = 0; node < nodes; ++node)
      cards.push_back({"n" + std::to_string(node), local, seen});
  }
  return cards;
}

void expect_every_device_once(const std::vector<LinkCard>& cards) {
  const LinkLayout layout = layout_of(cards);
  for (const LinkStep& step : steps_of(layout)) {
    for (const std::vector<std::size_t>& group : step.groups) {
      std::set<int> ranks;
      std::set<std::pair<std::string, int>> devices;
      int leaders = 0;
      for (std::size_t rank = 0; rank < cards.size(); ++rank) {
        const LinkPart part = part_of(static_cast<int>(rank), layout, cards, group);
        leaders += part.leads ? 1 : 0;
        for (std::size_t i = 0; i < part.devices.size(); ++i) {
          EXPECT_TRUE(ranks.insert(part.first_rank + static_cast<int>(i)).second);
          const bool sees_one = cards[rank].devices == 1;
          const int device = sees_one ? cards[rank].local : part.devices[i];
          EXPECT_TRUE(devices.emplace(cards[rank].node, device).second);
        }
      }
      EXPECT_EQ(leaders, 1);
      EXPECT_EQ(ranks.size(), group.size() * static_cast<std::size_t>(layout.devices));
      EXPECT_EQ(*ranks.rbegin() + 1, static_cast<int>(ranks.size()));
    }
  }
}

TEST(LinkSteps, GiveEveryDeviceOneRankOfItsGroup) {
  expect_every_device_once(whole_nodes({8, 8, 8, 8, 8}));
  expect_every_device_once(process_for_each_gpu(4, 8, 8));
  expect_every_device_once(process_for_each_gpu(3, 4, 1));
  expect_every_device_once(whole_nodes({1, 1, 1}));
}

TEST(LinkSteps, AreNodesThenPairsInRoundsThenAll) {
  const std::vector<LinkStep> steps = steps_of(layout_of(whole_nodes({8, 8, 8, 8})));
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(steps.front().scope, LinkScope::node);
  EXPECT_EQ(steps.front().groups.size(), 4U);
  EXPECT_EQ(steps[1].round, 1);
  EXPECT_EQ(steps[3].round, 3);
  EXPECT_EQ(steps[3].groups.size(), 2U);
  EXPECT_EQ(steps.back().scope, LinkScope::all);
  EXPECT_EQ(steps.back().groups.front().size(), 4U);
  EXPECT_EQ(steps_of(layout_of(whole_nodes({1, 1}))).size(), 1U) << "the pair is all there is";
  EXPECT_EQ(steps_of(layout_of(whole_nodes({8}))).size(), 1U);
  EXPECT_TRUE(steps_of(layout_of(whole_nodes({1}))).empty());
}

TEST(LinkSteps, LeaveOutNodesWithAnotherNumberOfGpus) {
  const LinkLayout layout = layout_of(whole_nodes({8, 7, 8, 1}));
  EXPECT_EQ(layout.devices, 8);
  EXPECT_EQ(layout.nodes[1].left_out, "7 GPUs where most nodes have 8");
  EXPECT_EQ(layout.nodes[3].left_out, "1 GPU where most nodes have 8");
  const std::vector<LinkStep> steps = steps_of(layout);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1].groups, (std::vector<std::vector<std::size_t>>{{0, 2}}));
  EXPECT_EQ(layout_of(whole_nodes({7, 8})).devices, 8) << "of two as frequent the larger";
}

TEST(LinkSteps, RefuseMoreRanksThanGpus) {
  try {
    static_cast<void>(layout_of(process_for_each_gpu(1, 3, 2)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "n0 has 3 ranks and 2 GPUs: start one rank on each node, or one for each GPU");
  }
}

}  // namespace
}  // namespace derate
