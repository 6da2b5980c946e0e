// SPDX-License-Identifier: Apache-2.0
// What is read from a history.
#include <fmt/format.h>

#include <utility>

#include "base/input_limits.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "history/history.h"
#include "history/writer.h"

namespace derate::history {

namespace {

constexpr const char* kSessions = R"(
SELECT id, time_utc, label, command, kind, host,
  coalesce(processes, 0), coalesce(benchmarks, 0), coalesce(measurements, 0), coalesce(failed, 0),
  id IN (SELECT session FROM baselines)
FROM sessions LEFT JOIN (
  SELECT session, count(DISTINCT process) AS processes, count(DISTINCT benchmark) AS benchmarks,
    count(*) AS measurements, sum(outcome NOT IN ('passed', 'unstable')) AS failed
  FROM measurements GROUP BY session) ON session = id
ORDER BY time_utc, id)";

constexpr const char* kMeasurements = R"(
SELECT session, process, side, name, problem, unit, environment, outcome, message, time_s, clock_hz,
  amount, code_hash, throttle_reasons, samples_s
FROM measurements JOIN benchmarks ON benchmarks.id = benchmark)";

/// SQLite counts rows from 1; another number was put there by somebody else.
std::int64_t row_number(const char* what, std::int64_t id) {
  if (id < 1 || static_cast<std::uint64_t>(id) > input_limits::kLargestCount) {
    throw NoSense{fmt::format("the number of {} {} is none that a history gives", what, id)};
  }
  return id;
}

Session session_of(const SQLite::Statement& row) {
  Session session;
  session.id = row_number("session", row.getColumn(0));
  session.facts = {row.getColumn(1), row.getColumn(2), row.getColumn(3), row.getColumn(4),
                   row.getColumn(5)};
  session.processes = row.getColumn(6);
  session.benchmarks = row.getColumn(7);
  session.measurements = row.getColumn(8);
  session.failed = row.getColumn(9);
  session.pinned = row.getColumn(10).getInt() != 0;
  return session;
}

void fill(const SQLite::Statement& row, Measurement& into) {
  const std::int64_t side = row.getColumn(2);
  const std::string outcome = row.getColumn(7);
  BenchmarkResult& result = into.result;
  result.time_s = read_number(row, 9);
  require_sense(side, outcome, result.time_s);
  into.session = row.getColumn(0);
  into.process = row.getColumn(1);
  into.side = static_cast<Side>(side);
  result.benchmark = row.getColumn(3).getString();
  result.problem = row.getColumn(4).getString();
  result.filter_name = result.name();
  result.amount_unit = row.getColumn(5).getString();
  result.outcome = parse_outcome(outcome);
  result.message = row.getColumn(8).getString();
  result.clock_hz = read_number(row, 10);
  result.amount = read_number(row, 11);
  result.code_hash = row.getColumn(12).getString();
  result.throttle_reasons = row.getColumn(13).getString();
  const SQLite::Column samples = row.getColumn(14);
  result.samples_s = from_bytes({static_cast<const std::byte*>(samples.getBlob()),
                                 static_cast<std::size_t>(samples.getBytes())});
}

}  // namespace

std::vector<Session> History::sessions() {
  std::vector<Session> sessions;
  database_.each_row(kSessions, [&](const SQLite::Statement& row) {
    try {
      sessions.push_back(session_of(row));
    } catch (const NoSense& wrong) {
      refuse(wrong.sentence);
    }
  });
  return sessions;
}

Session History::session(std::int64_t id) {
  for (Session& session : sessions()) {
    if (session.id == id) return std::move(session);
  }
  throw Error(ExitCode::usage,
              fmt::format("there is no session {} in {}", id, database_.path().string()));
}

void History::refuse(const std::string& what) const {
  throw Error(ExitCode::invalid_input,
              fmt::format("{} is damaged: {}", database_.path().string(), what));
}

std::vector<Environment> History::environments() {
  database_.each_row("SELECT id, facts FROM environments ORDER BY id",
                     [&](const SQLite::Statement& row) {
                       try {
                         take_environment(row.getColumn(0), row.getColumn(1));
                       } catch (const NoSense& wrong) {
                         refuse(wrong.sentence);
                       }
                     });
  return environments_;
}

void History::take_environment(std::int64_t id, const std::string& facts) {
  if (environment_places_.contains(id)) return;
  environments_.push_back(environment_from(facts));
  environment_places_[row_number("environment", id)] = environments_.size() - 1;
}

std::size_t History::environment_place(std::int64_t id) {
  if (!environment_places_.contains(id)) {
    SQLite::Statement row(database_, "SELECT facts FROM environments WHERE id = ?");
    row.bind(1, id);
    if (!row.executeStep()) throw NoSense{"its environment is not there"};
    take_environment(id, row.getColumn(0));
  }
  return environment_places_.at(id);
}

void History::each_measurement(std::optional<std::int64_t> session,
                               const std::function<void(const Measurement&)>& use) {
  std::string sql(kMeasurements);
  if (session) sql += fmt::format(" WHERE session = {}", *session);
  sql += " ORDER BY session, process, side, benchmark, environment";
  Measurement measurement;
  database_.each_row(sql, [&](const SQLite::Statement& row) {
    try {
      fill(row, measurement);
      measurement.result.environment = environment_place(row.getColumn(6));
    } catch (const NoSense& wrong) {
      refuse(fmt::format("{} in session {}: {}", row.getColumn(3).getText(),
                         row.getColumn(0).getInt64(), wrong.sentence));
    }
    use(measurement);
  });
}

void History::each_time(std::int64_t session,
                        const std::function<void(std::int64_t, Side, const std::string&)>& use) {
  SQLite::Statement row(database_,
                        "SELECT process, side, measured_at FROM processes "
                        "WHERE session = ? AND measured_at <> '' ORDER BY process, side");
  row.bind(1, session);
  while (row.executeStep()) {
    use(row.getColumn(0), static_cast<Side>(row.getColumn(1).getInt64()), row.getColumn(2));
  }
}

std::vector<Acceptance> History::acceptances() {
  std::vector<Acceptance> all;
  database_.each_row(
      "SELECT id, pattern, since, reason, who, time_utc FROM acceptances ORDER BY id",
      [&](SQLite::Statement& row) { all.push_back(row.getColumns<Acceptance, 6>()); });
  return all;
}

std::vector<std::string> History::faults() {
  std::vector<std::string> found;
  database_.each_row("PRAGMA integrity_check",
                     [&](const SQLite::Statement& row) { found.push_back(row.getColumn(0)); });
  if (found == std::vector<std::string>{"ok"}) found.clear();
  database_.each_row("PRAGMA foreign_key_check", [&](const SQLite::Statement& row) {
    found.push_back(fmt::format("a row of {} refers to one of {} that is not there",
                                row.getColumn(0).getText(), row.getColumn(2).getText()));
  });
  if (!found.empty()) return found;
  static_cast<void>(environments());
  for (const Session& session : sessions()) {
    if (!is_time_utc(session.facts.time_utc)) {
      found.push_back(
          fmt::format("the time of session {} is \"{}\"", session.id, session.facts.time_utc));
    }
    each_measurement(session.id, [](const Measurement&) {});
  }
  return found;
}

}  // namespace derate::history
