// SPDX-License-Identifier: Apache-2.0
// What is read from a history.
#include <fmt/format.h>

#include <utility>

#include "base/time_utc.h"
#include "derate/error.h"
#include "history/history.h"
#include "history/writer.h"

namespace derate::history {

using sqlite::Statement;

namespace {

constexpr std::string_view kSessions = R"(
SELECT id, time_utc, label, command, kind, host,
  coalesce(processes, 0), coalesce(benchmarks, 0), coalesce(measurements, 0), coalesce(failed, 0),
  id IN (SELECT session FROM baselines)
FROM sessions LEFT JOIN (
  SELECT session, count(DISTINCT process) AS processes, count(DISTINCT benchmark) AS benchmarks,
    count(*) AS measurements, sum(outcome NOT IN ('passed', 'unstable')) AS failed
  FROM measurements GROUP BY session) ON session = id
ORDER BY time_utc, id)";

constexpr std::string_view kMeasurements = R"(
SELECT session, process, side, name, problem, unit, environment, outcome, message, time_s, clock_hz,
  amount, code_hash, throttle_reasons, samples_s,
  environment IN (SELECT id FROM environments)
FROM measurements JOIN benchmarks ON benchmarks.id = benchmark)";

Session session_of(const Statement& row) {
  Session session;
  session.id = row.integer(0);
  session.facts = {row.text(1), row.text(2), row.text(3), row.text(4), row.text(5)};
  session.processes = row.integer(6);
  session.benchmarks = row.integer(7);
  session.measurements = row.integer(8);
  session.failed = row.integer(9);
  session.pinned = row.integer(10) != 0;
  return session;
}

void fill(const Statement& row, Measurement& into) {
  require_sense(row.integer(2), row.text(7), row.number(9));
  if (row.integer(15) == 0) throw NoSense{"its environment is not there"};
  into.session = row.integer(0);
  into.process = row.integer(1);
  into.side = static_cast<Side>(row.integer(2));
  BenchmarkResult& result = into.result;
  result.benchmark = row.text(3);
  result.problem = row.text(4);
  result.filter_name = result.name();
  result.amount_unit = row.text(5);
  result.environment = static_cast<std::size_t>(row.integer(6));
  result.outcome = parse_outcome(row.text(7));
  result.message = row.text(8);
  result.time_s = row.number(9);
  result.clock_hz = row.number(10);
  result.amount = row.number(11);
  result.code_hash = row.text(12);
  result.throttle_reasons = row.text(13);
  result.samples_s = from_bytes(row.blob(14));
}

}  // namespace

std::vector<Session> History::sessions() {
  Statement rows(connection_, kSessions);
  std::vector<Session> sessions;
  while (rows.step()) sessions.push_back(session_of(rows));
  return sessions;
}

Session History::session(std::int64_t id) {
  for (Session& session : sessions()) {
    if (session.id == id) return std::move(session);
  }
  throw Error(ExitCode::usage,
              fmt::format("there is no session {} in {}", id, connection_.path().string()));
}

void History::refuse(const std::string& what) const {
  throw Error(ExitCode::invalid_input,
              fmt::format("{} is damaged: {}", connection_.path().string(), what));
}

std::vector<Environment> History::environments() {
  Statement rows(connection_, "SELECT id, facts FROM environments ORDER BY id");
  std::vector<Environment> environments;
  while (rows.step()) {
    environments.resize(static_cast<std::size_t>(rows.integer(0)) + 1);
    try {
      environments.back() = environment_from(rows.text(1));
    } catch (const NoSense& wrong) {
      refuse(wrong.sentence);
    }
  }
  return environments;
}

void History::each_measurement(std::optional<std::int64_t> session,
                               const std::function<void(const Measurement&)>& use) {
  std::string sql(kMeasurements);
  if (session) sql += " WHERE session = ?";
  sql += " ORDER BY session, process, side, benchmark, environment";
  Statement rows(connection_, sql);
  if (session) rows.bind(0, *session);
  Measurement measurement;
  while (rows.step()) {
    try {
      fill(rows, measurement);
    } catch (const NoSense& wrong) {
      refuse(fmt::format("{} in session {}: {}", rows.text(3), rows.integer(0), wrong.sentence));
    }
    use(measurement);
  }
}

std::vector<Acceptance> History::acceptances() {
  Statement rows(connection_,
                 "SELECT id, pattern, since, reason, who, time_utc FROM acceptances ORDER BY id");
  std::vector<Acceptance> all;
  while (rows.step()) {
    all.push_back(
        {rows.integer(0), rows.text(1), rows.integer(2), rows.text(3), rows.text(4), rows.text(5)});
  }
  return all;
}

std::vector<std::string> History::faults() {
  Statement rows(connection_, "PRAGMA integrity_check");
  std::vector<std::string> found;
  while (rows.step()) found.push_back(rows.text(0));
  if (found == std::vector<std::string>{"ok"}) found.clear();
  Statement orphans(connection_, "PRAGMA foreign_key_check");
  while (orphans.step()) {
    found.push_back(fmt::format("a row of {} refers to one of {} that is not there",
                                orphans.text(0), orphans.text(2)));
  }
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
