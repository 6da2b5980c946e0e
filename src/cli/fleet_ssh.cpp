// SPDX-License-Identifier: Apache-2.0
// derate fleet run --hosts: a few boxes by ssh.
#include <set>
#include <utility>

#include "base/progress.h"
#include "cli/fleet_engines.h"
#include "fleet/ssh_run.h"
#include "record/output_folder.h"

namespace derate::cli {

void add_ssh_options(Command& command, FleetRunOptions& options) {
  command.add_option("--hosts", options.hosts, "by ssh: names, as box[1-4],me@gpu1").not_empty();
  command.add_option("--hosts-file", options.hosts_file, "the same, line by line")
      .not_empty()
      .excludes("--hosts");
  command.add_option("--at-once", options.at_once, "hosts that are measured at the same time")
      .range(1, 64)
      .show_default();
}

ExitCode run_on_hosts(const FleetRunOptions& options) {
  const std::vector<fleet::SshHost> hosts = options.hosts.empty()
                                                ? fleet::ssh_hosts_of_file(options.hosts_file)
                                                : fleet::ssh_hosts(options.hosts);
  std::vector<std::string> names;
  for (const fleet::SshHost& host : hosts) names.push_back(host.node);
  const HeldFolder held(options.fleet);
  const fleet::FleetStart start =
      fleet::start_fleet(options.fleet, wanted_manifest(options, "ssh", names), {});
  say_what_starts(start, 0);
  fleet::SshRequest request;
  request.fleet = options.fleet;
  const std::set<std::string> missing(start.to_measure.begin(), start.to_measure.end());
  for (const fleet::SshHost& host : hosts) {
    if (missing.contains(host.node)) request.hosts.push_back(host);
  }
  request.script = script_of(options);
  request.script.fleet.clear();
  constexpr double kForTheWay_s = 60;
  request.limit_s = options.wait_s.value_or(options.limit_s + kForTheWay_s);
  request.at_once = options.at_once;
  ProgressLine progress("derate");
  const bool interrupted = fleet::run_by_ssh(request, progress);
  const ExitCode end = print_fleet(options, {});
  return interrupted ? ExitCode::interrupted : end;
}

}  // namespace derate::cli
