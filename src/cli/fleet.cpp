// SPDX-License-Identifier: Apache-2.0
// derate fleet: many nodes, measured by Slurm, Kubernetes or ssh, and judged together.
#include "cli/commands.h"
#include "cli/fleet_commands.h"

namespace derate::cli {

void add_fleet(Command& app, ExitCode& end) {
  Command command =
      app.add_subcommand("fleet", "measure the nodes of a cluster, and find who is slow");
  command.require_subcommand(0, 1);  // with 1, CLI11 would not name an unknown one
  add_fleet_run(command, end);
  add_fleet_report(command, end);
  add_fleet_track(command, end);
  add_fleet_links(command, end);
  add_fleet_node(command, end);
  add_fleet_gather(command, end);
  command.on_parse([command] {
    if (command.subcommand_given()) return;
    throw Error(ExitCode::usage, "what to do is missing (see derate fleet --help)");
  });
}

}  // namespace derate::cli
