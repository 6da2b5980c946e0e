// SPDX-License-Identifier: Apache-2.0
// Lists of nodes: what comes out are names, each once.
#include <set>

#include "fleet/node_names.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_host_list(std::string_view input) {
  std::set<std::string> seen;
  for (const fleet::SshHost& host : fleet::ssh_hosts(input)) {
    require(fleet::fault_of_node_name(host.node).empty(), "what is no name came out");
    require(seen.insert(host.node).second, "a name came out twice");
    require_equal(fleet::ssh_hosts(host.destination).front().node, host.node,
                  "a host is another alone");
  }
}

const Registered host_list({"host_list", read_host_list});

}  // namespace
}  // namespace derate::fuzz
