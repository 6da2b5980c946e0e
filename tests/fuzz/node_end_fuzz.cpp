// SPDX-License-Identifier: Apache-2.0
// node.json of a fleet: what is read is written and read as the same, and its files lie beside it.
#include "fleet/fleet_folder.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_end(std::string_view input) {
  const fleet::NodeEnd end = fleet::parse_node_end("node.json", std::string(input));
  for (const fleet::NodeFile& file : end.files) {
    require(file.name.find('/') == std::string::npos && file.name.front() != '.',
            "a file lies elsewhere");
  }
  const std::string text = fleet::node_end_text(end);
  const fleet::NodeEnd again = read_again([&] { return fleet::parse_node_end("node.json", text); });
  require_equal(fleet::node_end_text(again), text, "it is written otherwise the second time");
}

const Registered node_end({"node_end", read_end});

}  // namespace
}  // namespace derate::fuzz
