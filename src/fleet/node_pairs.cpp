// SPDX-License-Identifier: Apache-2.0
// Folder by folder, as `derate fleet links` judges each.
#include "fleet/node_pairs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "derate/error.h"
#include "fleet/links.h"

namespace derate::fleet {
namespace {

void add_pairs(const FleetLinks& links, const PairModel& model, NodePairs& to) {
  const std::vector<std::string>& names = links.pairs.nodes();
  for (const LinkOfPairs& link : model.links) {
    const bool near = links.pairs.share_switch(link.one, link.other);
    const double usual = near ? model.usual_bytes_per_s : model.usual_far_bytes_per_s;
    const bool is_slow = link.verdict == PairVerdict::slow ||
                         model.nodes[link.one].verdict == PairVerdict::slow ||
                         model.nodes[link.other].verdict == PairVerdict::slow;
    to.pairs.push_back({names[link.one], names[link.other], link.bytes_per_s,
                        link.bytes_per_s / usual - 1, is_slow});
  }
}

void add_note(const std::filesystem::path& folder, const FleetLinks& links, const PairModel& model,
              NodePairs& to) {
  const std::vector<std::string>& names = links.pairs.nodes();
  std::vector<std::string> slow;
  for (const LinkNodeRow& row : judge_link_nodes(links, model)) {
    if (row.verdict == PairVerdict::slow) slow.push_back(row.node);
  }
  for (const LinkOfPairs& link : model.slow_links()) {
    slow.push_back(fmt::format("the link of {} and {}", names[link.one], names[link.other]));
  }
  if (!slow.empty()) {
    to.notes.push_back(fmt::format("slow between nodes: {} (derate fleet links {})",
                                   fmt::join(slow, ", "), folder.string()));
  }
  if (!links.bad.empty()) {
    to.notes.push_back(
        fmt::format("{} lines in {} are no measurements", links.bad.size(), folder.string()));
  }
}

}  // namespace

NodePairs node_pairs(const FleetRecords& records) {
  std::set<std::filesystem::path> folders;
  for (const std::filesystem::path& file : records.links) folders.insert(file.parent_path());
  NodePairs pairs;
  for (const std::filesystem::path& folder : folders) {
    try {
      const FleetLinks links = read_fleet_links(folder, records.switches);
      const PairModel model = fit_pairs(links.pairs);
      add_pairs(links, model, pairs);
      add_note(folder, links, model, pairs);
    } catch (const Error& error) {
      pairs.notes.push_back(fmt::format("nothing is known between nodes: {}", error.what()));
    }
  }
  return pairs;
}

}  // namespace derate::fleet
