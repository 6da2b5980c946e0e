// SPDX-License-Identifier: Apache-2.0
// derate estimate: what work will take and cost, from files and figures alone.
#include "cli/commands.h"
#include "cli/estimate_commands.h"

namespace derate::cli {

void add_estimate(Command& app, ExitCode& end) {
  Command command = app.add_subcommand("estimate", "estimate what work will take and cost");
  command.require_subcommand(0, 1);  // with 1, CLI11 would not name an unknown one
  add_estimate_train(command, end);
  add_estimate_cost(command, end);
  add_estimate_gemm(command, end);
  add_estimate_model(command, end);
  add_estimate_parameters(command, end);
  add_estimate_serve(command, end);
  add_estimate_layout(command, end);
  command.on_parse([command] {
    if (command.subcommand_given()) return;
    throw Error(ExitCode::usage, "what to estimate is missing (see derate estimate --help)");
  });
}

}  // namespace derate::cli
