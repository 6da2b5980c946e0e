// SPDX-License-Identifier: Apache-2.0
// Counts GPUs against what most nodes have, and nodes against what the fleet's folder speaks of.
#include "fleet/missing.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace derate::fleet {
namespace {

bool is_within(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

/// Of a node's shards the first that is not whole; null where all are.
const ShardFault* fault_within(const FleetRecords& records, const std::string& folder) {
  const auto found =
      std::find_if(records.faults.begin(), records.faults.end(),
                   [&](const ShardFault& fault) { return is_within(fault.path, folder); });
  return found == records.faults.end() ? nullptr : &*found;
}

bool has_fault(const FleetRecords& records, const std::string& node) {
  return std::any_of(records.expected.begin(), records.expected.end(),
                     [&](const ExpectedNode& each) {
                       return each.name == node && fault_within(records, each.folder) != nullptr;
                     }) ||
         std::any_of(records.faults.begin(), records.faults.end(),
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

Finding missing_node(const ExpectedNode& node, const ShardFault* fault) {
  Finding finding;
  finding.node = node.name;
  finding.verdict = Verdict::missing;
  std::string what = node.reason;
  finding.cause = node.has_end ? "failed" : "end not known";
  if (!node.has_folder) {
    finding.cause = "never came";
    what = "nothing of it is there";
  } else if (!node.has_end && node.reason.empty()) {
    finding.cause = "no end";
    what = "it has no node.json: it still runs, or was killed";
  } else if (node.has_end && node.exit_code == 0) {
    finding.cause = "no records";
    what = fault == nullptr
               ? "its run ended well, and left no records"
               : fmt::format("its run ended well, but {} {}",
                             std::filesystem::path(fault->path).filename().string(), fault->what);
  } else if (what.empty()) {
    what = fmt::format("its run ended with exit code {}", node.exit_code);
  }
  finding.evidence = what;
  if (node.records > 0) {
    finding.evidence += fmt::format("; its {} records are used", node.records);
  }
  return finding;
}

/// A run in which a row failed ends with 1, and node.json names its files: its GPUs are judged by
/// what they have. Without files it was killed, and its launcher wrote node.json.
bool came(const ExpectedNode& node) {
  if (!node.has_end || node.records == 0) return false;
  return node.exit_code == 0 || (node.exit_code == 1 && node.has_files);
}

void add_missing_nodes(const FleetRecords& records, std::vector<Finding>& findings) {
  std::set<std::string> names;
  for (const ExpectedNode& node : records.expected) {
    names.insert(node.name);
    if (came(node)) continue;
    findings.push_back(missing_node(node, fault_within(records, node.folder)));
  }
  const auto told = static_cast<std::int64_t>(names.size());
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
