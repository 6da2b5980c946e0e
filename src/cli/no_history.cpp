// SPDX-License-Identifier: Apache-2.0
// The commands of the history in a build without SQLite or SQLiteCpp: they say so.
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/fleet_commands.h"
#include "cli/history_runs.h"

namespace derate::cli {
namespace {

void add_absent(Command& app, const std::string& name, const std::string& description) {
  Command command = app.add_subcommand(name, description + " (not in this build: no SQLite)");
  command.take_any_arguments();
  command.on_parse([name] {
    throw Error(
        ExitCode::usage,
        name +
            " needs SQLite and SQLiteCpp, without one of which this derate was built: install "
            "libsqlitecpp-dev, which brings both, or SQLite 3.37 and SQLiteCpp 3.2 or newer, "
            "and build again");
  });
}

}  // namespace

void add_history_runs(EarlierRuns& /*earlier*/, const std::filesystem::path& named) {
  if (named.empty()) return;
  throw Error(ExitCode::usage, "--db: this derate was built without SQLite, and has no history");
}

std::map<std::string, PairSpread> history_spread(const std::filesystem::path& /*file*/,
                                                 const ProcessReport& /*run*/) {
  throw Error(ExitCode::usage, "--db: this derate was built without SQLite, and has no history");
}

void add_history(Command& app, ExitCode& /*end*/) {
  add_absent(app, "history", "keep measurements in a file, and list them");
}
void add_track(Command& app, ExitCode& /*end*/) {
  add_absent(app, "track", "add a run to the history and judge it by the runs before");
}
void add_accept(Command& app, ExitCode& /*end*/) {
  add_absent(app, "accept", "accept a known change");
}

void add_fleet_track(Command& fleet, ExitCode& /*end*/) {
  add_absent(fleet, "track", "add a measured fleet to its history");
}

}  // namespace derate::cli
