// SPDX-License-Identifier: Apache-2.0
// What one node of a fleet does: `derate run`, its records as one compressed file, and node.json.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "fleet/fleet_folder.h"

namespace derate::fleet {

struct NodeRequest {
  std::filesystem::path program;  ///< derate
  std::filesystem::path fleet;
  std::string node;
  std::vector<std::string> run_options;
  double limit_s = std::numeric_limits<double>::infinity();
};

/// The name that Slurm (SLURMD_NODENAME), a pod (NODE_NAME, by the downward API) or else the system
/// gives this node. Throws Error(usage) where that is no name of a node.
[[nodiscard]] std::string name_of_this_node();

/// Runs `derate run` into the node's folder and writes how it ended. A node that is measured
/// already is left alone; what an earlier start left otherwise is set aside. Throws Error(output)
/// where the folder cannot be written.
[[nodiscard]] NodeEnd run_node(const NodeRequest& request);

}  // namespace derate::fleet
