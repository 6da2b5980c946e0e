// SPDX-License-Identifier: Apache-2.0
// Scripts are written as a whole, nodes waited for by their node.json and by what squeue says.
#include "fleet/slurm_run.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <sstream>
#include <system_error>

#include "base/file.h"
#include "base/fit_text.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/shell_text.h"
#include "base/signals.h"
#include "base/system_calls.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/node_names.h"
#include "fleet/shard_lines.h"
#include "record/output_folder.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

/// After the end of a job, for a file to be seen on storage that is shared.
constexpr double kSettling_s = 5;

double now_in_s() {
  return std::chrono::duration<double>(system_calls().steady_now().time_since_epoch()).count();
}

void make_slurm_folder(const fs::path& fleet) {
  std::error_code failed;
  fs::create_directories(slurm_folder(fleet), failed);
  if (failed) cannot_write(slurm_folder(fleet), failed.message());
}

void write_script(const fs::path& path, const std::string& text) {
  replace_file(path, text);
  std::error_code failed;
  fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                  fs::perm_options::add, failed);
}

/// Why a node whose job is over left no word.
std::string silent_end(const SlurmNode& node) {
  if (!node.refusal.empty()) return node.refusal;
  const std::string state = node.state.empty() ? "and is gone from the queue" : "as " + node.state;
  return fmt::format("its job {} ended {}, without a result{}", node.job, state,
                     node.reason.empty() ? "" : ": " + node.reason);
}

/// Gives a node its end where it has none. False for one that a run still writes to, which is left
/// alone.
bool write_silent_end(const fs::path& fleet, const std::string& node, const std::string& reason) {
  std::error_code failed;
  const fs::path folder = node_folder(fleet, node);
  if (HeldFolder::is_held(folder)) return false;
  const HeldFolder held(folder);
  if (fs::exists(folder / kNodeEndFile, failed)) return true;
  const std::string now = now_utc();
  write_node_end(folder, {node, now, now, static_cast<int>(ExitCode::failed), reason, {}});
  return true;
}

/// The nodes of a job for which Slurm chose them: those that have a folder.
std::vector<std::string> awaited(const fs::path& fleet, const SlurmJob& job) {
  return job.nodes.empty() ? nodes_with_folder(fleet) : job.nodes;
}

/// Nodes without a node.json.
std::vector<std::string> silent_nodes(const fs::path& fleet, const SlurmJob& job) {
  std::vector<std::string> silent = awaited(fleet, job);
  std::erase_if(silent, [&](const std::string& node) { return has_node_end(fleet, node); });
  return silent;
}

/// The job of a node; that of all of them where there is one.
SlurmNode job_of(const std::map<std::string, SlurmNode>& jobs, const std::string& node) {
  const auto own = jobs.find(node);
  if (own != jobs.end()) return own->second;
  const auto common = jobs.find("*");
  return common != jobs.end() ? common->second : SlurmNode{};
}

/// Sleeps, but for a signal.
void sleep_for(double time_s) {
  static_cast<void>(::poll(nullptr, 0, static_cast<int>(1000 * time_s)));
}

/// What srun said of a node, as "srun: error: n3: task 2: Exited with exit code 1", or else
/// `otherwise`, or the last that it said at all.
std::string srun_said(const fs::path& file, const std::string& node, const std::string& otherwise) {
  constexpr std::size_t kEnd_bytes = 1 << 20;
  std::istringstream lines(end_of_file(file, kEnd_bytes));
  std::string last;
  std::string of_node;
  for (std::string line; std::getline(lines, line); last = line) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      word.erase(word.find_last_not_of(":,") + 1);
      if (!node.empty() && word == node) of_node = line;
    }
  }
  const std::string& said = !of_node.empty() ? of_node : !otherwise.empty() ? otherwise : last;
  return said.empty() ? "nothing came of it" : fit_text::cut(said, 400);
}

/// The nodes of a job, while they are waited for.
class Awaited {
 public:
  Awaited(const fs::path& fleet, const SlurmJob& job) : fleet_(fleet), job_(job) {}

  [[nodiscard]] std::size_t count() const {
    return job_.nodes.empty() ? static_cast<std::size_t>(job_.count) : job_.nodes.size();
  }

  /// Whether only files are awaited that others see a little later.
  [[nodiscard]] bool settles() const { return !over_since_s_.empty(); }

  /// How many have not ended. One whose job is over and that left no word gets its end here.
  std::size_t look() {
    const std::map<std::string, SlurmNode> jobs = slurm_nodes(fleet_);
    std::vector<std::string> silent = silent_nodes(fleet_, job_);
    std::erase_if(silent, [&](const std::string& node) {
      const SlurmNode found = job_of(jobs, node);
      return is_over(found, node) && write_silent_end(fleet_, node, silent_end(found));
    });
    if (!silent.empty() || !job_.nodes.empty()) return silent.size();
    if (nodes_with_folder(fleet_).size() >= count() + job_.measured.size()) return 0;
    // Until a job of nodes that Slurm chooses has begun there is no name to wait for.
    return is_over(job_of(jobs, "*"), "*") ? 0 : count();
  }

 private:
  bool is_over(const SlurmNode& found, const std::string& node) {
    if (found.is_under_way()) return false;
    const double since_s = over_since_s_.try_emplace(node, now_in_s()).first->second;
    return !found.refusal.empty() || now_in_s() - since_s >= kSettling_s;
  }

  const fs::path& fleet_;
  const SlurmJob& job_;
  std::map<std::string, double> over_since_s_;
};

}  // namespace

void write_slurm_links_script(const SlurmJob& job) {
  if (job.script.fleet.empty()) return;
  make_slurm_folder(job.fleet);
  write_script(slurm_folder(job.fleet) / "links.sh", slurm_links_script(job));
}

fs::path write_slurm_scripts(const SlurmJob& job) {
  const fs::path folder = slurm_folder(job.fleet);
  make_slurm_folder(job.fleet);
  write_script(folder / "node.sh", slurm_node_script(job));
  if (job.nodes.empty()) write_script(folder / "job.sh", slurm_job_script(job));
  write_script(folder / "submit.sh", slurm_submit_script(job));
  write_slurm_links_script(job);
  return folder / "submit.sh";
}

std::size_t submit_to_slurm(const SlurmJob& job) {
  Launch launch;
  launch.program = "/bin/sh";
  launch.arguments = {write_slurm_scripts(job).string()};
  launch.inherits = true;
  static_cast<void>(Process(launch).wait());
  const std::map<std::string, SlurmNode> jobs = read_jobs(job.fleet);
  const auto refusal_of = [&](const std::string& node) -> std::string {
    const auto found = jobs.find(node);
    if (found == jobs.end()) return "sbatch said nothing";
    return found->second.job.empty() ? found->second.refusal : "";
  };
  if (job.nodes.empty()) {
    const std::string refusal = refusal_of("*");
    if (refusal.empty()) return 1;
    throw Error(ExitCode::failed, fmt::format("sbatch took no job; it said: {}", refusal));
  }
  std::size_t taken = 0;
  for (const std::string& node : job.nodes) {
    const std::string refusal = refusal_of(node);
    if (refusal.empty()) ++taken;
    if (!refusal.empty()) static_cast<void>(write_silent_end(job.fleet, node, refusal));
  }
  return taken;
}

bool wait_for_slurm(const fs::path& fleet, const SlurmJob& job, double limit_s,
                    ProgressLine& progress) {
  constexpr double kLongestPause_s = 15;
  const SignalsNoted signals;
  const double began_s = now_in_s();
  Awaited awaited(fleet, job);
  for (double pause_s = 0.5; !SignalsNoted::received(); pause_s *= 1.3) {
    const std::size_t under_way = awaited.look();
    const double left_s = limit_s - (now_in_s() - began_s);
    if (under_way == 0 || left_s <= 0) break;
    progress.show(fmt::format("{} of {} nodes have not ended", under_way, awaited.count()));
    sleep_for(std::min({awaited.settles() ? kSettling_s : pause_s, kLongestPause_s, left_s}));
  }
  progress.clear();
  return SignalsNoted::received();
}

bool run_by_srun(const SlurmJob& job, double limit_s, ProgressLine& progress) {
  const fs::path folder = slurm_folder(job.fleet);
  make_slurm_folder(job.fleet);
  Launch launch;
  launch.program = "/usr/bin/env";
  launch.arguments = srun_arguments(job);
  launch.arguments.insert(launch.arguments.begin(), "srun");
  launch.out = folder / "srun.out";
  launch.err = folder / "srun.err";
  launch.guarded = true;  // SIGTERM at the limit, on which srun cancels its job
  const SignalsNoted signals;
  progress.show("srun has the nodes measure");
  const ProcessEnd end = Process(launch).wait(limit_s);
  progress.clear();
  ShardGatherer gatherer;
  InputFile out(launch.out);
  gatherer.read(out);
  std::vector<std::string> nodes = gatherer.nodes();
  nodes.insert(nodes.end(), job.nodes.begin(), job.nodes.end());
  for (const std::string& node : std::set<std::string>(nodes.begin(), nodes.end())) {
    if (gatherer.has_all_of(node)) {
      static_cast<void>(gatherer.keep(job.fleet, node));
    } else {
      const std::string late = fmt::format("it had not ended after {:.0f} s", limit_s);
      static_cast<void>(write_silent_end(job.fleet, node,
                                         srun_said(launch.err, node, end.timed_out ? late : "")));
    }
  }
  if (nodes.empty() && !end.interrupted) {
    throw Error(ExitCode::failed, fmt::format("srun started nothing; it said: {}",
                                              srun_said(launch.err, "", "nothing")));
  }
  return end.interrupted;
}

}  // namespace derate::fleet
