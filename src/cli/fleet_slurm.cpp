// SPDX-License-Identifier: Apache-2.0
// derate fleet run --slurm: scripts for sbatch, submitted and waited for when asked to.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/progress.h"
#include "base/shell_text.h"
#include "base/standard_streams.h"
#include "cli/fleet_engines.h"
#include "fleet/slurm_run.h"
#include "record/output_folder.h"

namespace derate::cli {
namespace {

/// A value that stands in a line of a script.
std::string fault_of_word(const std::string& text) {
  const bool is_line = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  if (text.empty()) return "is empty";
  return is_line ? "" : "holds what is no text of one line";
}

std::string fault_of_flag(const std::string& text) {
  if (!text.starts_with("--")) return text + " does not begin with --";
  return fault_of_word(text);
}

fleet::SlurmJob job_of_start(const FleetRunOptions& options, const fleet::FleetStart& start,
                             const std::set<std::string>& under_way) {
  fleet::SlurmJob job;
  job.fleet = options.fleet;
  job.script = script_of(options);
  if (options.gather) job.script.fleet.clear();
  job.nodes = start.to_measure;
  job.count = start.to_choose;
  job.measured = start.measured;
  job.under_way.assign(under_way.begin(), under_way.end());
  job.partition = options.partition;
  job.time = options.time;
  job.options = options.sbatch;
  return job;
}

/// What squeue says of nodes that have not ended.
std::map<std::string, std::string> notes_of(const std::map<std::string, fleet::SlurmNode>& jobs) {
  std::map<std::string, std::string> notes;
  for (const auto& [node, job] : jobs) {
    if (!job.is_under_way()) continue;
    notes[node] = fmt::format("its job {} is {}{}", job.job, job.state,
                              job.reason.empty() ? "" : ": " + job.reason);
  }
  return notes;
}

/// Has slurm/links.sh take the nodes that Slurm has chosen, now that they have names.
void name_chosen_nodes(const FleetRunOptions& options, fleet::SlurmJob job) {
  job.count += static_cast<std::int64_t>(job.measured.size());
  job.measured.clear();
  job.under_way = fleet::nodes_with_folder(options.fleet);
  fleet::write_slurm_links_script(job);
}

ExitCode wait_and_print(const FleetRunOptions& options, fleet::SlurmJob job,
                        const std::vector<std::string>& all) {
  ProgressLine progress("derate");
  const bool are_chosen = all.empty();
  if (!are_chosen) job.nodes = all;
  const bool interrupted = fleet::wait_for_slurm(options.fleet, job, *options.wait_s, progress);
  if (are_chosen) name_chosen_nodes(options, job);
  const ExitCode end = print_fleet(options, notes_of(fleet::slurm_nodes(options.fleet)));
  return interrupted ? ExitCode::interrupted : end;
}

/// Whether Slurm now has, or is to get, something to do.
bool start_or_write(const FleetRunOptions& options, const fleet::SlurmJob& job) {
  if (!options.submit) {
    const std::filesystem::path script = fleet::write_slurm_scripts(job);
    write_command("Written; to start it:", "sh " + shell_quoted(script.string()));
    return true;
  }
  const std::size_t jobs = fleet::submit_to_slurm(job);
  if (jobs == 0 || options.wait_s) return jobs > 0;
  const std::string what = job.nodes.empty()
                               ? fmt::format("a job of {} nodes", job.count)
                               : fmt::format("{} {}", jobs, jobs == 1 ? "job" : "jobs");
  write_command(fmt::format("Handed to Slurm: {}. Afterwards:", what),
                "derate fleet report " + shell_quoted(options.fleet.string()));
  return true;
}

}  // namespace

void add_slurm_options(Command& command, FleetRunOptions& options) {
  command.add_flag("--slurm", options.slurm, "by Slurm: scripts in FOLDER/slurm");
  command.add_option("--partition", options.partition, "of Slurm").check(fault_of_word);
  command.add_option("--time", options.time, "limit of a job, as Slurm has it")
      .check(fault_of_word);
  command
      .add_option("--sbatch", options.sbatch,
                  "further option of sbatch, as --sbatch=--gres=gpu:8; may be given several times")
      .check(fault_of_flag)
      .repeatable();
  command.add_flag("--submit", options.submit, "hand the scripts to sbatch");
  command
      .add_flag("--gather", options.gather,
                "where nodes share no storage: start them by srun, and take their records from its "
                "output")
      .excludes("--submit");
}

ExitCode run_on_slurm(const FleetRunOptions& options) {
  if (options.wait_s && !options.submit && !options.gather) {
    throw Error(ExitCode::usage, "--wait takes --submit or --gather: nothing is started without");
  }
  const std::vector<std::string>& named = options.named;
  const HeldFolder held(options.fleet);
  const std::map<std::string, fleet::SlurmNode> jobs = fleet::slurm_nodes(options.fleet);
  std::set<std::string> under_way = fleet::nodes_under_way(options.fleet, jobs);
  const bool chosen_are_under_way = named.empty() && under_way.erase("*") > 0;
  const fleet::FleetStart start =
      fleet::start_fleet(options.fleet, wanted_manifest(options, "slurm", named), under_way);
  say_what_starts(start, under_way.size());
  const fleet::SlurmJob job = job_of_start(options, start, under_way);
  const bool is_anything = !job.nodes.empty() || (job.count > 0 && !chosen_are_under_way);
  if (options.gather) {
    ProgressLine progress("derate");
    const double limit_s = options.wait_s.value_or(1e9);
    if (is_anything && fleet::run_by_srun(job, limit_s, progress)) return ExitCode::interrupted;
    return print_fleet(options, {});
  }
  const bool is_started = is_anything && start_or_write(options, job);
  if (!is_anything) fleet::write_slurm_links_script(job);
  if (options.wait_s) return wait_and_print(options, job, named);
  return is_started ? ExitCode::ok : print_fleet(options, notes_of(jobs));
}

}  // namespace derate::cli
