// SPDX-License-Identifier: Apache-2.0
// ssh is the system's own, with its configuration and keys; it may ask nobody anything. What a host
// printed stays in ssh/NODE.out and ssh/NODE.err.
#include "fleet/ssh_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/shell_text.h"
#include "base/signals.h"
#include "base/system_calls.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "fleet/shard_lines.h"

namespace derate::fleet {
namespace {

namespace fs = std::filesystem;

constexpr double kStep_s = 0.05;

double seconds_now() {
  return std::chrono::duration<double>(system_calls().steady_now().time_since_epoch()).count();
}

/// One ssh under way.
struct Session {
  std::string node;
  std::string began_utc;
  double began_s = 0;
  std::unique_ptr<Process> process;
};

fs::path output_of(const SshRequest& request, const std::string& node, const char* kind) {
  return request.fleet / "ssh" / (node + kind);
}

Session start(const SshRequest& request, const SshHost& host) {
  NodeScript script = request.script;
  script.node = host.node;
  Launch launch;
  launch.program = "/usr/bin/env";
  // A host that is down, or goes down, is given up by ssh itself.
  launch.arguments = {"ssh",
                      "-o",
                      "BatchMode=yes",
                      "-o",
                      "ConnectTimeout=15",
                      "-o",
                      "ServerAliveInterval=15",
                      "-o",
                      "ServerAliveCountMax=4",
                      "--",
                      host.destination,
                      "exec /bin/sh -c " + shell_quoted(node_script(script))};
  launch.out = output_of(request, host.node, ".out");
  launch.err = output_of(request, host.node, ".err");
  return {host.node, now_utc(), seconds_now(), std::make_unique<Process>(launch)};
}

/// The last line that ssh, or a program over there, wrote to standard error.
std::string last_line(const fs::path& file) {
  constexpr std::size_t kEnd_bytes = 4096;
  constexpr std::size_t kLongest = 400;
  std::string text = end_of_file(file, kEnd_bytes);
  text.erase(text.find_last_not_of(" \r\n") + 1);
  return fit_text::cut(std::string_view(text).substr(text.rfind('\n') + 1), kLongest);
}

/// Keeps what came of a node; where nothing did, node.json says why.
void keep(const SshRequest& request, const Session& session, const std::string& why_ended,
          int exit_code) {
  ShardGatherer gatherer;
  InputFile out(output_of(request, session.node, ".out"));
  gatherer.read(out);
  const std::string node = session.node;
  if (gatherer.has_all_of(node)) {
    static_cast<void>(gatherer.keep(request.fleet, node));
    return;
  }
  std::string reason = why_ended;
  if (reason.empty()) reason = last_line(output_of(request, node, ".err"));
  if (reason.empty()) reason = fmt::format("ssh ended with exit code {}", exit_code);
  write_node_end(set_aside_node(request.fleet, node),
                 {node, session.began_utc, now_utc(), exit_code == 0 ? 1 : exit_code, reason, {}});
}

/// Whether a session has ended, or was ended now; what came of it is kept.
bool has_ended(const SshRequest& request, Session& session) {
  std::string why;
  if (!session.process->ends_within(0)) {
    if (seconds_now() - session.began_s < request.limit_s) return false;
    why = fmt::format("it had not ended after {:.0f} s", request.limit_s);
    if (!session.process->kill(2)) {
      keep(request, session, why, static_cast<int>(ExitCode::failed));
      return true;
    }
  }
  const ProcessEnd end = session.process->wait();
  if (!SignalsNoted::received()) keep(request, session, why, end.exit_code);
  return true;
}

}  // namespace

bool run_by_ssh(const SshRequest& request, ProgressLine& progress) {
  std::error_code failed;
  fs::create_directories(request.fleet / "ssh", failed);
  if (failed) cannot_write(request.fleet / "ssh", failed.message());
  const SignalsNoted signals;
  std::vector<Session> running;
  std::size_t started = 0;
  const std::size_t count = request.hosts.size();
  while (!SignalsNoted::received() && (started < count || !running.empty())) {
    while (started < count && running.size() < static_cast<std::size_t>(request.at_once)) {
      running.push_back(start(request, request.hosts[started++]));
    }
    std::erase_if(running, [&](Session& session) { return has_ended(request, session); });
    progress.show(fmt::format("{} of {} nodes have ended", started - running.size(), count));
    if (!running.empty()) static_cast<void>(running.front().process->ends_within(kStep_s));
  }
  progress.clear();
  return SignalsNoted::received();
}

}  // namespace derate::fleet
