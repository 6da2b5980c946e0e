// SPDX-License-Identifier: Apache-2.0
// A few boxes by ssh: each runs `derate fleet node`, and its records come back as what that prints.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/fleet_folder.h"
#include "fleet/node_names.h"
#include "fleet/node_script.h"

namespace derate {
class ProgressLine;
}  // namespace derate

namespace derate::fleet {

struct SshRequest {
  std::filesystem::path fleet;
  std::vector<SshHost> hosts;
  NodeScript script;   ///< for one that prints; the names are those of the hosts
  double limit_s = 0;  ///< for one host, from its start to its last line
  int at_once = 0;     ///< at most 64
};

/// Measures on all hosts, and keeps what came of each, as soon as it ended. Whether a signal ended
/// it before. Throws Error(output).
[[nodiscard]] bool run_by_ssh(const SshRequest& request, ProgressLine& progress);

}  // namespace derate::fleet
