// SPDX-License-Identifier: Apache-2.0
// One list of columns for all formats.
#include "fleet/node_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/table.h"

namespace derate::fleet {
namespace {

using NodeColumn = Column<NodeStatus>;

const std::array kNodeColumns = {
    NodeColumn{"node", "node", "name of the node",
               [](const NodeStatus& node) -> Value { return node.node; }},
    NodeColumn{"state", "state", "measured, failed, damaged, no end, missing",
               [](const NodeStatus& node) -> Value { return to_string(node.state); }},
    NodeColumn{"exit_code", "", "of its derate run",
               [](const NodeStatus& node) -> Value {
                 return node.end ? Value(node.end->exit_code) : Value(std::string_view());
               }},
    NodeColumn{"started_utc", "", "by the node's clock",
               [](const NodeStatus& node) -> Value {
                 return node.end ? std::string_view(node.end->started_utc) : std::string_view();
               }},
    NodeColumn{"ended_utc", "", "by the node's clock",
               [](const NodeStatus& node) -> Value {
                 return node.end ? std::string_view(node.end->ended_utc) : std::string_view();
               }},
    NodeColumn{"reason", "reason", "why it is not measured",
               [](const NodeStatus& node) -> Value { return node.reason; }}};

/// "3 nodes"
std::string nodes_in_words(std::int64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "node" : "nodes");
}

/// As it stands behind the name.
std::string_view in_words(NodeState state) {
  switch (state) {
    case NodeState::no_end:
      return "has no end";
    case NodeState::damaged:
      return "is damaged";
    case NodeState::missing:
      return "is missing";
    default:
      return to_string(state);
  }
}

}  // namespace

void write_nodes(std::ostream& out, std::span<const NodeStatus> nodes, std::int64_t expected,
                 Format format) {
  const std::span<const NodeColumn> columns(kNodeColumns);
  if (format == Format::csv || format == Format::json) return write(out, columns, nodes, format);
  std::vector<NodeStatus> others;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(others),
               [](const NodeStatus& node) { return node.state != NodeState::measured; });
  const auto measured = static_cast<std::int64_t>(nodes.size() - others.size());
  const auto known = static_cast<std::int64_t>(nodes.size());
  if (others.empty() && known >= expected) {
    const std::string all =
        measured == 1 ? "The node is" : fmt::format("All {} nodes are", measured);
    write_sentence(out, all + " measured.", format);
    return;
  }
  write_sentence(
      out,
      fmt::format("Measured: {} of {}.{}", measured, nodes_in_words(std::max(expected, known)),
                  others.empty() ? "" : " The others:"),
      format);
  if (format == Format::markdown && !others.empty()) {
    out << '\n';
    write(out, columns, others, format);
  } else {
    // Sentences, since a table that is too wide would cut the reasons.
    for (const NodeStatus& node : others) {
      write_sentence(out, fmt::format("  {} {}: {}", node.node, in_words(node.state), node.reason));
    }
  }
  if (known < expected) {
    write_sentence(out, fmt::format("{} never began.", nodes_in_words(expected - known)), format);
  }
}

}  // namespace derate::fleet
