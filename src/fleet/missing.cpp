// SPDX-License-Identifier: Apache-2.0
// Counts GPUs against what most nodes have, and nodes against what the fleet's folder speaks of.
#include "fleet/missing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace derate::fleet {
namespace {

bool has_fault(const FleetRecords& records, const std::string& node) {
  return std::any_of(records.faults.begin(), records.faults.end(),
                     [&](const ShardFault& fault) { return fault.source == node; });
}

/// Nodes that have fewer GPUs than most with their product.
void add_missing_gpus(const FleetRecords& records, std::vector<Finding>& findings) {
  const FleetData& data = records.data;
  std::map<std::string, std::map<std::uint32_t, std::size_t>> products;
  for (const Gpu& gpu : data.gpus()) ++products[data.text(gpu.name)][gpu.node];
  for (const auto& [product, nodes] : products) {
    std::map<std::size_t, std::size_t> sizes;
    for (const auto& [node, gpus] : nodes) ++sizes[gpus];
    const auto usual = std::max_element(sizes.begin(), sizes.end(),
                                        [](auto& a, auto& b) { return a.second < b.second; });
    if (2 * usual->second <= nodes.size()) continue;  // no number is usual
    for (const auto& [node, gpus] : nodes) {
      if (gpus >= usual->first) continue;
      Finding finding;
      finding.node = data.nodes()[node].name;
      finding.product = product;
      finding.verdict = Verdict::missing;
      finding.cause = fmt::format("{} of {} GPUs", gpus, usual->first);
      finding.evidence = fmt::format(
          "has {} {} where {} of {} nodes have {}{}", gpus, product, usual->second, nodes.size(),
          usual->first,
          has_fault(records, finding.node) ? "; a shard of it is not whole, as the notes say" : "");
      findings.push_back(std::move(finding));
    }
  }
}

Finding missing_node(const ExpectedNode& node, std::int64_t records) {
  Finding finding;
  finding.node = node.name;
  finding.verdict = Verdict::missing;
  std::string what = node.reason;
  finding.cause = "failed";
  if (!node.has_folder) {
    finding.cause = "never came";
    what = "nothing of it is there";
  } else if (!node.has_end && node.reason.empty()) {
    finding.cause = "no end";
    what = "it has no node.json: it still runs, or was killed";
  } else if (node.has_end && node.exit_code == 0) {
    finding.cause = "no records";
    what = "its run ended well, and left no records";
  } else if (what.empty()) {
    what = fmt::format("its run ended with exit code {}", node.exit_code);
  }
  finding.evidence = what;
  if (records > 0) finding.evidence += fmt::format("; its {} records are used", records);
  return finding;
}

/// A run in which a row failed ends with 1 and no reason: its GPUs are judged by what they have.
bool came(const ExpectedNode& node, std::int64_t records) {
  if (!node.has_end || records == 0) return false;
  return node.exit_code == 0 || (node.exit_code == 1 && node.reason.empty());
}

void add_missing_nodes(const FleetRecords& records, std::vector<Finding>& findings) {
  std::map<std::string, std::int64_t> measured;
  for (const Node& node : records.data.nodes()) measured[node.name] += node.records;
  for (const ExpectedNode& node : records.expected) {
    const auto found = measured.find(node.name);
    const std::int64_t used = found == measured.end() ? 0 : found->second;
    if (!came(node, used)) findings.push_back(missing_node(node, used));
  }
  const auto told = static_cast<std::int64_t>(records.expected.size());
  if (records.expected_count <= told) return;
  Finding finding;
  finding.node = fmt::format("{} nodes", records.expected_count - told);
  finding.verdict = Verdict::missing;
  finding.cause = "never came";
  finding.evidence =
      fmt::format("{} nodes were asked for, and {} came", records.expected_count, told);
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> missing_of(const FleetRecords& records) {
  std::vector<Finding> findings;
  add_missing_gpus(records, findings);
  add_missing_nodes(records, findings);
  return findings;
}

}  // namespace derate::fleet
