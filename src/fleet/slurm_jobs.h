// SPDX-License-Identifier: Apache-2.0
// What became of the jobs of a fleet: of those that sbatch took or refused, as slurm/jobs has them,
// what squeue says.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace derate::fleet {

/// The folder of a fleet's scripts.
[[nodiscard]] std::filesystem::path slurm_folder(const std::filesystem::path& fleet);

/// Whether the node has a node.json.
[[nodiscard]] bool has_node_end(const std::filesystem::path& fleet, const std::string& node);

/// What became of the job of a node.
struct SlurmNode {
  std::string job;      ///< its number; empty where sbatch refused it
  std::string refusal;  ///< what sbatch said then
  /// "RUNNING", as squeue says; empty where it does not know the job, "UNKNOWN" where it does not
  /// answer.
  std::string state;
  std::string reason;  ///< "Resources"; empty for none

  /// Whether it waits or runs, or may do so.
  [[nodiscard]] bool is_under_way() const;
};

/// Node, or "*", -> its latest job, with what squeue says.
[[nodiscard]] std::map<std::string, SlurmNode> slurm_nodes(const std::filesystem::path& fleet);

/// The nodes whose jobs wait or run. Of a job of nodes that Slurm chooses "*", and those that have
/// begun and not ended; such a job that has only to be cleared away is over.
[[nodiscard]] std::set<std::string> nodes_under_way(const std::filesystem::path& fleet,
                                                    const std::map<std::string, SlurmNode>& jobs);

}  // namespace derate::fleet
