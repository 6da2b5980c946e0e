// SPDX-License-Identifier: Apache-2.0
// The commands of the history in a build without SQLite: they say so.
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace derate::cli {
namespace {

void add_absent(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* command = app.add_subcommand(name, description + " (not in this build: no SQLite)");
  command->prefix_command();
  command->callback([name] {
    throw Error(ExitCode::usage,
                name +
                    " needs SQLite, which this derate was built without: install libsqlite3-dev, "
                    "or SQLite 3.37 or newer, and build again");
  });
}

}  // namespace

void add_history(CLI::App& app, ExitCode& /*end*/) {
  add_absent(app, "history", "keep measurements in a file, and list them");
}
void add_track(CLI::App& app, ExitCode& /*end*/) {
  add_absent(app, "track", "add a run to the history and judge it by the runs before");
}
void add_accept(CLI::App& app, ExitCode& /*end*/) {
  add_absent(app, "accept", "accept a known change");
}

}  // namespace derate::cli
