// SPDX-License-Identifier: Apache-2.0
// Jobs are asked after all at once, and not often: a controller serves everybody.
#include "fleet/slurm_run.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/system_calls.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/node_names.h"
#include "fleet/shard_lines.h"
#include "fleet/shell_text.h"
#include "record/output_folder.h"

namespace derate {
namespace {

namespace fs = std::filesystem;

constexpr double kAskingLimit_s = 60;
/// After the end of a job, for a file to be seen on storage that is shared.
constexpr double kSettling_s = 5;

double now_in_s() {
  return std::chrono::duration<double>(system_calls().steady_now().time_since_epoch()).count();
}

fs::path slurm_folder(const fs::path& fleet) { return fleet / "slurm"; }

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

bool has_end(const fs::path& fleet, const std::string& node) {
  std::error_code failed;
  return fs::exists(node_folder(fleet, node) / kNodeEndFile, failed);
}

/// Nodes without a node.json.
std::vector<std::string> silent_nodes(const fs::path& fleet, const SlurmJob& job) {
  std::vector<std::string> silent = awaited(fleet, job);
  std::erase_if(silent, [&](const std::string& node) { return has_end(fleet, node); });
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

bool SlurmNode::is_under_way() const {
  constexpr auto kOver = std::to_array<std::string_view>(
      {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL",
       "PREEMPTED", "DEADLINE", "LAUNCH_FAILED", "RECONFIG_FAIL", "REVOKED", "SPECIAL_EXIT"});
  return !state.empty() && std::find(kOver.begin(), kOver.end(), state) == kOver.end();
}

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
    if (!has_end(fleet, node)) nodes.insert(node);
  }
  const std::string& state = common->second.state;
  const bool has_begun = state == "RUNNING" || state == "COMPLETING";
  if (!has_begun || nodes.size() > before) nodes.insert("*");
  return nodes;
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

}  // namespace derate
