// SPDX-License-Identifier: Apache-2.0
// derate fleet track: a measured fleet into its history, and which GPU drifts against its group.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/command_line.h"
#include "base/kept_streams.h"
#include "base/standard_streams.h"
#include "cli/fleet_commands.h"
#include "cli/history_database.h"
#include "cli/options/comparison_output.h"
#include "cli/options/fleet_inputs.h"
#include "fleet/fleet_processes.h"
#include "fleet/missing.h"
#include "fleet/read_fleet.h"
#include "history/dry_run.h"
#include "history/group_drift.h"
#include "history/history_page.h"
#include "history/track.h"

namespace derate::cli {
namespace {

using history::History;
using history::kWindow;
using history::SeriesSet;

struct FleetTrackOptions {
  DatabaseOptions database;
  std::vector<std::filesystem::path> paths;
  std::string label;
  std::string time_utc;
  bool no_add = false;
  ComparisonOutput output;
};

/// Of its own: a history of single machines would miss, in each session, what the fleet measured.
DatabaseOptions fleet_database(const DatabaseOptions& options) {
  DatabaseOptions named = options;
  if (named.path.empty()) named.path = default_database().replace_filename("fleet.sqlite");
  return named;
}

void say_known_sweep(std::int64_t session) {
  say("derate", fmt::format("this sweep is session {} already; it is judged by the sessions "
                            "before it",
                            session));
}

SeriesSet series_with(const FleetTrackOptions& options, const history::SessionFacts& facts,
                      const std::vector<ProcessReport>& processes) {
  const DatabaseOptions database = fleet_database(options.database);
  if (options.no_add) {
    History history = open_database(database);
    if (const auto known = history.find(processes)) {
      say_known_sweep(*known);
      return history.series(kWindow, *known);
    }
    return history::with_unstored(history.series(kWindow), facts, processes);
  }
  History history = open_database(database, history::Access::create);
  const history::Added added = history.add(facts, processes);
  if (added.already_there) say_known_sweep(added.session);
  if (added.left_out > 0) say_left_out(added.left_out);
  return history.series(kWindow, added.session);
}

/// What a sweep lacks: nodes that its folder speaks of without records, GPUs that others have.
void add_missing_notes(const fleet::FleetRecords& records, std::vector<std::string>& notes) {
  for (const fleet::Finding& finding : fleet::missing_of(records)) {
    notes.push_back(
        fmt::format("missing: {} ({}): {}", finding.node, finding.cause, finding.evidence));
  }
}

/// Of nodes that all failed there is nothing to add to a history.
void require_records(const fleet::FleetRecords& records) {
  if (records.records > 0) return;
  std::vector<std::string> notes;
  add_missing_notes(records, notes);
  for (const std::string& note : notes) say("derate", note);
  throw Error(ExitCode::invalid_input, "no node has any records");
}

ExitCode track_fleet(const FleetTrackOptions& options) {
  std::vector<std::filesystem::path> inputs =
      options.output.files.empty() ? options.paths : fleet_inputs(options.paths);
  inputs.push_back(file_of(fleet_database(options.database)));
  require_other_files(options.output, inputs);
  const auto began = std::chrono::steady_clock::now();
  history::SessionFacts facts =
      session_facts("fleet track", options.label, options.time_utc, options.paths);
  const fleet::FleetRecords records = fleet::read_fleet(options.paths);
  require_records(records);
  if (facts.time_utc.empty() && !records.started_utc.empty()) {
    facts.time_utc = records.started_utc.front();
  }
  history::GroupDrift drift =
      history::against_groups(series_with(options, facts, fleet::processes_of(records.data)));
  const history::TrackPlan plan;
  Comparison comparison = history::track(plan, drift.set);
  comparison.command = "fleet track";
  comparison.notes.insert(comparison.notes.end(), records.notes.begin(), records.notes.end());
  for (const fleet::ShardFault& fault : records.faults) {
    comparison.notes.push_back(fault.path + " " + fault.what);
  }
  add_missing_notes(records, comparison.notes);
  comparison.notes.insert(comparison.notes.end(), drift.notes.begin(), drift.notes.end());
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  comparison.duration_s = taken.count();
  return write_comparison(comparison, options.output,
                          [&] { return history::history_html(plan, drift.set, comparison); });
}

}  // namespace

void add_fleet_track(Command& fleet, ExitCode& end) {
  const auto options = std::make_shared<FleetTrackOptions>();
  Command command = fleet.add_subcommand(
      "track", "add a measured fleet to its history and find GPUs that drift against their group");
  command.add_option("paths", options->paths, "folders of fleets or of runs, files of records")
      .required();
  command.add_option("--label", options->label, "a name for the session, such as a maintenance");
  command
      .add_option("--time", options->time_utc,
                  "when it was measured, in UTC; else when the fleet's run started, or now")
      .not_empty();
  command.add_flag("--no-add", options->no_add, "judge it without adding it");
  add_database(command, options->database);
  add_comparison_output(command, options->output);
  command.on_parse([options, &end] { end = track_fleet(*options); });
}

}  // namespace derate::cli
