// SPDX-License-Identifier: Apache-2.0
// sbatch and srun start the nodes of a fleet. What Slurm knows of a node that left no word becomes
// its node.json.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/fleet_folder.h"
#include "fleet/slurm_jobs.h"
#include "fleet/slurm_script.h"

namespace derate {
class ProgressLine;
}  // namespace derate

namespace derate::fleet {

/// Writes the scripts into the folder; returns the path of the one that submits.
std::filesystem::path write_slurm_scripts(const SlurmJob& job);

/// Writes slurm/links.sh alone, for a fleet in which nothing is left to be measured; not where
/// nodes share no storage.
void write_slurm_links_script(const SlurmJob& job);

/// Writes them and hands them to sbatch; returns how many jobs it took. A node whose job it refused
/// gets a node.json that says why. Throws Error(failed) where it refused that of nodes which it was
/// to choose.
[[nodiscard]] std::size_t submit_to_slurm(const SlurmJob& job);

/// Waits until each node has a node.json or its job is over, at most for so long; where a job is
/// over and there is none, writes one with what Slurm says. Whether a signal ended it before.
[[nodiscard]] bool wait_for_slurm(const std::filesystem::path& fleet, const SlurmJob& job,
                                  double limit_s, ProgressLine& progress);

/// Starts the nodes by srun and keeps what they print. Whether a signal ended it before.
[[nodiscard]] bool run_by_srun(const SlurmJob& job, double limit_s, ProgressLine& progress);

}  // namespace derate::fleet
