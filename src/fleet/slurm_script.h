// SPDX-License-Identifier: Apache-2.0
// The scripts that Slurm gets. Nodes that are named get a job each: it starts when its node is
// free, and a node that is down holds up no other. (An array cannot do that, since all of its tasks
// have the same --nodelist and several may fall on one node.) Where Slurm chooses the nodes it is
// one job with a step over all of them, since only that has them distinct.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/node_script.h"

namespace derate::fleet {

struct SlurmJob {
  std::filesystem::path fleet;
  NodeScript script;               ///< its fleet is empty where nodes share no storage
  std::vector<std::string> nodes;  ///< to be measured; empty: `count` that Slurm chooses
  std::int64_t count = 0;
  std::vector<std::string> measured;   ///< not these, where Slurm chooses
  std::vector<std::string> under_way;  ///< likewise of the fleet, and not to be measured now
  std::string partition;
  std::string time;                  ///< as Slurm's --time has it
  std::vector<std::string> options;  ///< further ones of sbatch and srun, "--qos=low"
};

/// slurm/node.sh: what each node does; as a script for sbatch where it is a job of its own.
[[nodiscard]] std::string slurm_node_script(const SlurmJob& job);
/// slurm/job.sh: the one job of nodes that Slurm chooses.
[[nodiscard]] std::string slurm_job_script(const SlurmJob& job);
/// slurm/links.sh: one job with a rank of `derate fleet links` on each node, measured or not; for
/// nodes that share storage.
[[nodiscard]] std::string slurm_links_script(const SlurmJob& job);
/// slurm/submit.sh: hands them to sbatch, and appends what it says to slurm/jobs, a line for each:
/// "n1 4711", or "n1 - sbatch: error: ..." where it refused; of nodes that it chooses "* 4711".
[[nodiscard]] std::string slurm_submit_script(const SlurmJob& job);
/// The arguments of an srun that starts the nodes' script, here where no storage is shared: what
/// they print comes back through it.
[[nodiscard]] std::vector<std::string> srun_arguments(const SlurmJob& job);

}  // namespace derate::fleet
