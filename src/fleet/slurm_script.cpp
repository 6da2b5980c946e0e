// SPDX-License-Identifier: Apache-2.0
// Nodes are taken whole, with all their memory: others would disturb what is measured.
#include "fleet/slurm_script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/shell_text.h"

namespace derate::fleet {
namespace {

constexpr const char* kWritten = "# Written by derate fleet run";

/// A path as Slurm's patterns for file names take it.
std::string as_pattern(const std::filesystem::path& path) {
  std::string pattern;
  for (const char c : path.string()) {
    pattern += c;
    if (c == '%') pattern += c;
  }
  return pattern;
}

std::filesystem::path folder_of(const SlurmJob& job) { return job.fleet / "slurm"; }

std::string nodes_option(std::size_t count) { return fmt::format("--nodes={0}-{0}", count); }

/// Which nodes, and that they are ours alone; the same for sbatch and srun.
std::vector<std::string> allocation(const SlurmJob& job) {
  std::vector<std::string> options = {"--exclusive", "--mem=0"};
  if (!job.partition.empty()) options.push_back("--partition=" + job.partition);
  if (!job.time.empty()) options.push_back("--time=" + job.time);
  options.insert(options.end(), job.options.begin(), job.options.end());
  return options;
}

/// Of all nodes of the fleet, measured or not: what lies between them is measured by itself. Where
/// Slurm chooses nodes those that it has chosen are named, to which it adds others.
std::vector<std::string> nodes_for_links(const SlurmJob& job) {
  std::vector<std::string> known = job.nodes;
  known.insert(known.end(), job.measured.begin(), job.measured.end());
  known.insert(known.end(), job.under_way.begin(), job.under_way.end());
  std::size_t count = known.size();
  if (job.nodes.empty() && job.count > 0) {
    // Those under way are among the ones that are not measured.
    count = std::max(count, static_cast<std::size_t>(job.count) + job.measured.size());
  }
  std::vector<std::string> options = {nodes_option(count)};
  if (!known.empty()) options.push_back(fmt::format("--nodelist={}", fmt::join(known, ",")));
  return options;
}

std::vector<std::string> chosen_nodes(const SlurmJob& job) {
  const std::size_t count =
      job.nodes.empty() ? static_cast<std::size_t>(job.count) : job.nodes.size();
  std::vector<std::string> options = {nodes_option(count)};
  if (!job.nodes.empty()) {
    options.push_back(fmt::format("--nodelist={}", fmt::join(job.nodes, ",")));
  } else if (!job.measured.empty()) {
    options.push_back(fmt::format("--exclude={}", fmt::join(job.measured, ",")));
  }
  return options;
}

/// One task on each node; a node that fails ends nothing on the others.
std::vector<std::string> step_options() {
  return {"--ntasks-per-node=1", "--no-kill", "--kill-on-bad-exit=0", "--wait=0"};
}

std::string header(const std::vector<std::string>& options) {
  std::string text = "#!/bin/sh\n";
  for (const std::string& option : options) text += "#SBATCH " + shell_quoted(option) + "\n";
  return text;
}

}  // namespace

std::string slurm_node_script(const SlurmJob& job) {
  std::vector<std::string> options = allocation(job);
  options.insert(options.begin(), "--nodes=1");
  options.emplace_back("--no-requeue");
  options.push_back("--output=" + as_pattern(folder_of(job)) + "/%x-%j.log");
  return header(options) + kWritten + ": what each node does.\n" + node_script(job.script);
}

std::string slurm_job_script(const SlurmJob& job) {
  std::vector<std::string> options = allocation(job);
  for (const std::string& each : chosen_nodes(job)) options.push_back(each);
  for (const char* each : {"--no-kill", "--no-requeue", "--job-name=derate-fleet"}) {
    options.emplace_back(each);
  }
  options.push_back("--output=" + as_pattern(folder_of(job)) + "/%x-%j.log");
  // A folder for each node, so that one on which nothing starts is known by its name.
  return header(options) + kWritten + ": a step over all nodes of the job.\n" +
         "for node in $(scontrol show hostnames \"$SLURM_JOB_NODELIST\"); do\n"
         "  mkdir -p " +
         shell_quoted((job.fleet / "nodes").string()) + "/$node\n" + "done\nexec srun" +
         shell_words(step_options()) +
         " \\\n  --output=" + shell_quoted(as_pattern(folder_of(job)) + "/%N-%j.log") +
         " /bin/sh " + shell_quoted((folder_of(job) / "node.sh").string()) + "\n";
}

std::string slurm_links_script(const SlurmJob& job) {
  std::vector<std::string> options = allocation(job);
  for (const std::string& each : nodes_for_links(job)) options.push_back(each);
  options.insert(options.end(), {"--no-requeue", "--job-name=derate-links",
                                 "--output=" + as_pattern(folder_of(job)) + "/%x-%j.log"});
  const std::string fleet = shell_quoted(job.fleet.string());
  return header(options) + kWritten + ": what connects the nodes, a rank on each. Afterwards:\n" +
         "#   derate fleet links " + fleet +
         "\nderate=" + shell_quoted(job.script.program.string()) +
         "\n[ -x \"$derate\" ] || derate=derate\n" +
         "exec srun --ntasks-per-node=1 --kill-on-bad-exit=0 \"$derate\" fleet links --measure " +
         fleet + "\n";
}

std::string slurm_submit_script(const SlurmJob& job) {
  const bool has_names = !job.nodes.empty();
  std::string text = std::string("#!/bin/sh\n") + kWritten +
                     (has_names ? ": a job for each node.\n" : ": one job.\n") + "cd " +
                     shell_quoted(folder_of(job).string()) + " || exit\nfailed=0\nfor node in " +
                     (has_names ? fmt::format("{}", fmt::join(job.nodes, " ")) : "'*'") +
                     "; do\n  if said=$(sbatch --parsable ";
  text += has_names ? "--job-name=\"derate-$node\" --nodelist=\"$node\" node.sh" : "job.sh";
  return text +
         " 2>&1); then\n"
         "    id=$(printf '%s\\n' \"$said\" | tail -n 1)\n"
         "    echo \"$node ${id%%;*}\"\n"
         "  else\n"
         "    echo \"$node - $(printf '%s' \"$said\" | tr '\\n' ' ')\"\n"
         "    failed=1\n"
         "  fi >>jobs\n"
         "done\n"
         "exit $failed\n";
}

std::vector<std::string> srun_arguments(const SlurmJob& job) {
  std::vector<std::string> arguments = allocation(job);
  for (const std::string& each : chosen_nodes(job)) arguments.push_back(each);
  for (const std::string& each : step_options()) arguments.push_back(each);
  arguments.insert(arguments.end(), {"--job-name=derate-fleet", "--input=none", "/bin/sh", "-c",
                                     node_script(job.script)});
  return arguments;
}

}  // namespace derate::fleet
