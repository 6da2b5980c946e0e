// SPDX-License-Identifier: Apache-2.0
// What nodes have printed: lines of names alone are taken, and nothing is whole without its
// node.json.
#include "base/input_file.h"
#include "fleet/node_names.h"
#include "fleet/shard_lines.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_lines(std::string_view input) {
  fleet::ShardGatherer gatherer;
  InputFile in(file_of(input));
  gatherer.read(in);
  for (const std::string& node : gatherer.nodes()) {
    require(fleet::fault_of_node_name(node).empty(), "a node has no name");
    const bool says_of_its_end = input.find("node.json") != std::string_view::npos ||
                                 input.find("failed") != std::string_view::npos;
    require(!gatherer.has_all_of(node) || says_of_its_end, "a node is whole without its end");
  }
}

const Registered shard_lines({"shard_lines", read_lines});

}  // namespace
}  // namespace derate::fuzz
