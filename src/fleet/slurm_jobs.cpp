// SPDX-License-Identifier: Apache-2.0
// Jobs are asked after all at once, and not often: a controller serves everybody.
#include "fleet/slurm_jobs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/process.h"
#include "fleet/fleet_folder.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

constexpr double kAskingLimit_s = 60;

/// "n1 4711" or "n1 - sbatch: error: ...".
void take_job(std::string_view line, std::map<std::string, SlurmNode>& nodes) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string node(line.substr(0, space));
  const std::string_view rest = line.substr(space + 1);
  SlurmNode& found = nodes[node];
  found = {};
  if (rest.starts_with("- ")) {
    found.refusal = fit_text::cut(rest.substr(2), 400);
  } else {
    found.job = rest;
  }
}

/// The latest job of each node.
std::map<std::string, SlurmNode> read_jobs(const fs::path& fleet) {
  std::map<std::string, SlurmNode> nodes;
  std::error_code failed;
  const fs::path file = slurm_folder(fleet) / "jobs";
  if (!fs::exists(file, failed)) return nodes;
  InputFile in(file);
  for (std::string line; in.read_line(line);) take_job(line, nodes);
  return nodes;
}

/// Number -> state, reason.
using Queue = std::map<std::string, std::pair<std::string, std::string>>;

/// What squeue says of all jobs of this user; nothing where it does not answer, which says nothing
/// of any job.
std::optional<Queue> queue_of(const fs::path& fleet) {
  const fs::path file = slurm_folder(fleet) / "queue";
  Launch launch =
      shell_command("exec squeue --noheader --states=all --user=\"$(id -un)\" --format='%i|%T|%r'");
  launch.out = file;
  launch.err = slurm_folder(fleet) / "queue.err";
  Queue jobs;
  if (Process(launch).wait(kAskingLimit_s).exit_code != 0) return std::nullopt;
  InputFile in(file);
  for (std::string line; in.read_line(line);) {
    const std::size_t first = line.find('|');
    const std::size_t second = line.find('|', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    jobs[line.substr(0, first)] = {line.substr(first + 1, second - first - 1),
                                   line.substr(second + 1)};
  }
  return jobs;
}

}  // namespace

fs::path slurm_folder(const fs::path& fleet) { return fleet / "slurm"; }

bool has_node_end(const fs::path& fleet, const std::string& node) {
  std::error_code failed;
  return fs::exists(node_folder(fleet, node) / kNodeEndFile, failed);
}

bool SlurmNode::is_under_way() const {
  constexpr auto kOver = std::to_array<std::string_view>(
      {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL",
       "PREEMPTED", "DEADLINE", "LAUNCH_FAILED", "RECONFIG_FAIL", "REVOKED", "SPECIAL_EXIT"});
  return !state.empty() && std::find(kOver.begin(), kOver.end(), state) == kOver.end();
}

std::map<std::string, SlurmNode> slurm_nodes(const fs::path& fleet) {
  std::map<std::string, SlurmNode> nodes = read_jobs(fleet);
  if (nodes.empty()) return nodes;
  const std::optional<Queue> queue = queue_of(fleet);
  for (auto& [name, node] : nodes) {
    if (!queue && !node.job.empty()) {
      node.state = "UNKNOWN";
      node.reason = "squeue does not answer";
    }
    if (!queue) continue;
    const auto found = queue->find(node.job);
    if (found == queue->end()) continue;
    node.state = found->second.first;
    if (found->second.second != "None") node.reason = found->second.second;
  }
  return nodes;
}

std::set<std::string> nodes_under_way(const fs::path& fleet,
                                      const std::map<std::string, SlurmNode>& jobs) {
  std::set<std::string> nodes;
  for (const auto& [node, job] : jobs) {
    if (node != "*" && job.is_under_way()) nodes.insert(node);
  }
  const auto common = jobs.find("*");
  if (common == jobs.end() || !common->second.is_under_way()) return nodes;
  const std::size_t before = nodes.size();
  for (const std::string& node : nodes_with_folder(fleet)) {
    if (!has_node_end(fleet, node)) nodes.insert(node);
  }
  const std::string& state = common->second.state;
  const bool has_begun = state == "RUNNING" || state == "COMPLETING";
  if (!has_begun || nodes.size() > before) nodes.insert("*");
  return nodes;
}

}  // namespace derate::fleet
