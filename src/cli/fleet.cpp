// SPDX-License-Identifier: Apache-2.0
// derate fleet: many nodes measured by Slurm, Kubernetes or ssh.
#include "cli/commands.h"
#include "cli/fleet_commands.h"

namespace derate::cli {

void add_fleet(Command& app, ExitCode& end) {
  Command command = app.add_subcommand("fleet", "measure the nodes of a cluster");
  command.require_subcommand(1, 1);
  add_fleet_run(command, app, end);
  add_fleet_node(command, end);
  add_fleet_gather(command, end);
  add_fleet_links(command, end);
}

}  // namespace derate::cli
