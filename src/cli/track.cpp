// SPDX-License-Identifier: Apache-2.0
// derate track: a run into the history, and what it says by the sessions before. derate accept: a
// change that is known and stays.
#include "history/track.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/history_database.h"
#include "cli/options/comparison_output.h"
#include "cli/options/metric.h"
#include "history/dry_run.h"
#include "history/history_page.h"
#include "regression/results/arm.h"
#include "regression/results/cpu_time.h"

namespace derate::cli {
namespace {

using history::History;
using history::kWindow;
using history::SeriesSet;

struct TrackOptions {
  DatabaseOptions database;
  std::vector<std::filesystem::path> files;
  std::string label;
  std::string time_utc;
  bool no_add = false;
  std::optional<Metric> metric = Metric::real_time;
  ComparisonOutput output;
};

void say_known(std::int64_t session) {
  say("derate", fmt::format("these measurements are session {} already; it is judged by the "
                            "sessions before it",
                            session));
}

/// As if they were the newest session, unless they are a session already.
SeriesSet dry_run_series(const TrackOptions& options, const history::SessionFacts& facts,
                         const ReadProcesses& processes) {
  History history = open_database(options.database);
  if (const auto known = history.find(processes.reports, processes.sides)) {
    say_known(*known);
    return history.series(kWindow, *known);
  }
  std::vector<ProcessReport> judged;  // of a gate the candidate, as when it is stored
  for (std::size_t i = 0; i < processes.reports.size(); ++i) {
    const ProcessReport& process = processes.reports[i];
    const bool is_old = history.session_with(process).has_value();
    if (!is_old && processes.sides[i] != history::Side::base) judged.push_back(process);
  }
  return history::with_unstored(history.series(kWindow), facts, judged);
}

SeriesSet added_series(const TrackOptions& options, const history::SessionFacts& facts,
                       const ReadProcesses& processes) {
  History history = open_database(options.database, history::Access::create);
  const history::Added added = history.add(facts, processes.reports, processes.sides);
  if (added.already_there) say_known(added.session);
  if (added.left_out > 0) say_left_out(added.left_out);
  return history.series(kWindow, added.session);
}

void require_other_files(const TrackOptions& options) {
  std::vector<std::filesystem::path> inputs = options.files;
  for (const std::filesystem::path& file : options.files) inputs.push_back(file / "records.jsonl");
  inputs.push_back(file_of(options.database));
  cli::require_other_files(options.output, inputs);
}

/// By the benchmarks' kind alone: where the load of the night decided too, a series would have
/// holes.
MetricDecision metric_of_kind(const std::vector<ProcessReport>& reports) {
  const std::string why_not = why_not_cpu_time(reports);
  if (!why_not.empty()) return {Metric::real_time, why_not};
  return {Metric::cpu_time, "every benchmark runs on one thread"};
}

/// Wall times of this session, for what was judged by CPU time; the history does not keep them.
void add_wall_times(const ReadProcesses& processes, Comparison& comparison) {
  const std::vector<NamedResults> reports = named(processes.reports);
  for (Judgement& judgement : comparison.judgements) {
    Arm arm("candidate", judgement.benchmark);
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (processes.sides[i] != history::Side::base) arm.add(reports[i]);
    }
    judgement.candidate_wall_s = arm.wall_s();
  }
}

ExitCode track_files(const TrackOptions& options) {
  require_other_files(options);
  const auto began = std::chrono::steady_clock::now();
  ReadProcesses processes = read_all(options.files);
  const MetricDecision decided = metric_of_kind(processes.reports);
  const Metric metric = options.metric.value_or(decided.metric);
  processes.reports = in_metric(std::move(processes.reports), metric);
  const history::SessionFacts facts =
      session_facts("track", options.label, options.time_utc, options.files);
  const SeriesSet set = options.no_add ? dry_run_series(options, facts, processes)
                                       : added_series(options, facts, processes);
  const history::TrackPlan plan;
  Comparison comparison = history::track(plan, set);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  comparison.duration_s = taken.count();
  comparison.metric = metric;
  if (metric == Metric::cpu_time) add_wall_times(processes, comparison);
  if (!options.metric) comparison.notes.push_back(decided.sentence());
  return write_comparison(comparison, options.output,
                          [&] { return history::history_html(plan, set, comparison); });
}

struct AcceptOptions {
  DatabaseOptions database;
  std::string pattern;
  std::string reason;
  std::int64_t since = 0;
  std::string who;
};

ExitCode accept(const AcceptOptions& options) {
  History history = open_database(options.database);
  const SeriesSet set = history.series(kWindow);
  if (set.sessions.empty()) throw Error(ExitCode::usage, "the history holds no finished session");
  std::int64_t matched = 0;
  for (const history::Series& series : set.series) {
    if (history::matches(options.pattern, series.benchmark)) ++matched;
  }
  if (matched == 0) {
    throw Error(ExitCode::usage, fmt::format("no benchmark \"{}\" in {}", options.pattern,
                                             history.database().path().string()));
  }
  const std::int64_t since = options.since == 0 ? set.sessions.back().id : options.since;
  (void)history.session(since);  // that it is there
  const char* const user = std::getenv("USER");
  const std::string who = options.who.empty() && user != nullptr ? user : options.who;
  history.accept({0, options.pattern, since, options.reason, who, ""});
  write_sentence(
      standard_output(),
      fmt::format("Accepted from session {} on: {} ({}).", since, options.reason,
                  matched == 1 ? "one benchmark" : fmt::format("{} benchmarks", matched)));
  return ExitCode::ok;
}

}  // namespace

void add_track(Command& app, ExitCode& end) {
  const auto options = std::make_shared<TrackOptions>();
  Command command =
      app.add_subcommand("track", "add a run to the history and judge it by the runs before");
  command
      .add_option("files", options->files,
                  "records, folders of them, JSON of Google Benchmark and others")
      .required();
  command.add_option("--label", options->label, "a name for the session, such as a commit");
  command.add_option("--time", options->time_utc, "when it was measured, in UTC; else now")
      .not_empty();
  command.add_flag("--no-add", options->no_add, "judge it without adding it");
  add_metric(command, options->metric);
  add_database(command, options->database);
  add_comparison_output(command, options->output);
  command.on_parse([options, &end] { end = track_files(*options); });
}

void add_accept(Command& app, ExitCode& end) {
  const auto options = std::make_shared<AcceptOptions>();
  Command command = app.add_subcommand(
      "accept", "accept a known change: derate track takes the new level from then on");
  command.add_option("--benchmark", options->pattern, "its name, or a pattern with * and ?")
      .required();
  command.add_option("--reason", options->reason, "what everyone shall read of it")
      .required()
      .not_empty();
  command.add_option("--since", options->since, "the first session with it; else the newest");
  command.add_option("--by", options->who, "who accepts it; else $USER");
  add_database(command, options->database);
  command.on_parse([options, &end] { end = accept(*options); });
}

}  // namespace derate::cli
