// SPDX-License-Identifier: Apache-2.0
// Slurm's programs: sbatch and srun start, squeue says what became of a job. What they know of a
// node that left no word becomes its node.json.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fleet/fleet_folder.h"
#include "fleet/slurm_script.h"

namespace derate {

class ProgressLine;

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

/// Writes the scripts into the folder; returns the path of the one that submits.
std::filesystem::path write_slurm_scripts(const SlurmJob& job);

/// Writes slurm/links.sh alone, for a fleet in which nothing is left to be measured; not where
/// nodes share no storage.
void write_slurm_links_script(const SlurmJob& job);

/// Writes them and hands them to sbatch; returns how many jobs it took. A node whose job it refused
/// gets a node.json that says why. Throws Error(failed) where it refused that of nodes which it was
/// to choose.
[[nodiscard]] std::size_t submit_to_slurm(const SlurmJob& job);

/// Node, or "*", -> its latest job, with what squeue says.
[[nodiscard]] std::map<std::string, SlurmNode> slurm_nodes(const std::filesystem::path& fleet);

/// The nodes whose jobs wait or run. Of a job of nodes that Slurm chooses "*", and those that have
/// begun and not ended; such a job that has only to be cleared away is over.
[[nodiscard]] std::set<std::string> nodes_under_way(const std::filesystem::path& fleet,
                                                    const std::map<std::string, SlurmNode>& jobs);

/// Waits until each node has a node.json or its job is over, at most for so long; where a job is
/// over and there is none, writes one with what Slurm says. Whether a signal ended it before.
[[nodiscard]] bool wait_for_slurm(const std::filesystem::path& fleet, const SlurmJob& job,
                                  double limit_s, ProgressLine& progress);

/// Starts the nodes by srun and keeps what they print. Whether a signal ended it before.
[[nodiscard]] bool run_by_srun(const SlurmJob& job, double limit_s, ProgressLine& progress);

}  // namespace derate
