// SPDX-License-Identifier: Apache-2.0
// Writes sessions, environments, measurements and acceptances as JSON Lines, or measurements as CSV
// rows.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/json.h"
#include "base/table.h"
#include "history/import_export.h"
#include "history/schema.h"
#include "history/writer.h"

namespace derate::history {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void write_line(std::ostream& out, const Json& line) { out << dumped(line) << '\n'; }

Json json_of(const Session& session) {
  const SessionFacts& facts = session.facts;
  return {{"id", session.id},         {"time_utc", facts.time_utc}, {"label", facts.label},
          {"command", facts.command}, {"kind", facts.kind},         {"host", facts.host},
          {"pinned", session.pinned}};
}

Json json_of(const Measurement& measurement) {
  const BenchmarkResult& result = measurement.result;
  return {{"session", measurement.session},
          {"process", measurement.process},
          {"side", static_cast<std::int64_t>(measurement.side)},
          {"benchmark", result.benchmark},
          {"problem", result.problem},
          {"unit", result.amount_unit},
          {"environment", result.environment},
          {"outcome", to_string(result.outcome)},
          {"message", result.message},
          {"time_s", number(result.time_s)},
          {"clock_hz", number(result.clock_hz)},
          {"amount", number(result.amount)},
          {"code_hash", result.code_hash},
          {"throttle_reasons", result.throttle_reasons},
          {"samples_s", result.samples_s}};
}

/// When the processes of a session ran, where that is known.
void write_times(History& history, std::int64_t session, std::ostream& out) {
  history.each_time(session, [&](std::int64_t process, Side side, const std::string& measured_at) {
    write_line(out, {{"process",
                      {{"session", session},
                       {"process", process},
                       {"side", static_cast<std::int64_t>(side)},
                       {"measured_at", measured_at}}}});
  });
}

Json json_of(const Acceptance& acceptance) {
  return {{"pattern", acceptance.pattern},
          {"since", acceptance.since},
          {"reason", acceptance.reason},
          {"who", acceptance.who},
          {"time_utc", acceptance.time_utc}};
}

/// A row of the CSV: a measurement with its session and environment.
struct Line {
  const Session* session = nullptr;
  const Environment* environment = nullptr;
  const Measurement* measurement = nullptr;
};

using C = Column<Line>;

const std::array kColumns = {
    C{"session", "", "", [](const Line& l) -> Value { return l.session->id; }},
    C{"time_utc", "", "", [](const Line& l) -> Value { return l.session->facts.time_utc; }},
    C{"label", "", "", [](const Line& l) -> Value { return l.session->facts.label; }},
    C{"host", "", "", [](const Line& l) -> Value { return l.session->facts.host; }},
    C{"fingerprint", "", "", [](const Line& l) -> Value { return l.environment->fingerprint(); }},
    C{"device_name", "", "",
      [](const Line& l) -> Value { return l.environment->value("device_name"); }},
    C{"driver_version", "", "",
      [](const Line& l) -> Value { return l.environment->value("driver_version"); }},
    C{"process", "", "", [](const Line& l) -> Value { return l.measurement->process; }},
    C{"side", "", "",
      [](const Line& l) -> Value { return static_cast<std::int64_t>(l.measurement->side); }},
    C{"benchmark", "", "", [](const Line& l) -> Value { return l.measurement->result.benchmark; }},
    C{"problem", "", "", [](const Line& l) -> Value { return l.measurement->result.problem; }},
    C{"outcome", "", "",
      [](const Line& l) -> Value { return to_string(l.measurement->result.outcome); }},
    C{"message", "", "", [](const Line& l) -> Value { return l.measurement->result.message; }},
    C{"time_s", "", "", [](const Line& l) -> Value { return l.measurement->result.time_s; }},
    C{"clock_hz", "", "", [](const Line& l) -> Value { return l.measurement->result.clock_hz; }},
    C{"amount", "", "", [](const Line& l) -> Value { return l.measurement->result.amount; }},
    C{"amount_unit", "", "",
      [](const Line& l) -> Value { return l.measurement->result.amount_unit; }},
    C{"code_hash", "", "", [](const Line& l) -> Value { return l.measurement->result.code_hash; }},
    C{"samples_s", "", "", [](const Line& l) -> Value {
        return fmt::format("{}", fmt::join(l.measurement->result.samples_s, " "));
      }}};

}  // namespace

void export_lines(History& history, std::ostream& out) {
  write_line(out, {{"derate_history", migrations().size()}});
  // Sessions first: whatever another program adds meanwhile belongs to none of them.
  const std::vector<Session> sessions = history.sessions();
  const std::vector<Environment> environments = history.environments();
  for (std::size_t id = 0; id < environments.size(); ++id) {
    write_line(
        out, {{"environment", {{"id", id}, {"facts", parse_json(facts_json(environments[id]))}}}});
  }
  for (const Session& session : sessions) {
    write_line(out, {{"session", json_of(session)}});
    write_times(history, session.id, out);
  }
  std::int64_t measurements = 0;
  for (const Session& session : sessions) {
    history.each_measurement(session.id, [&](const Measurement& measurement) {
      write_line(out, {{"measurement", json_of(measurement)}});
      ++measurements;
    });
  }
  for (const Acceptance& acceptance : history.acceptances()) {
    write_line(out, {{"acceptance", json_of(acceptance)}});
  }
  write_line(out, {{"end", {{"sessions", sessions.size()}, {"measurements", measurements}}}});
}

void export_csv(History& history, std::ostream& out) {
  std::vector<Value> cells;
  for (const C& column : kColumns) cells.emplace_back(column.name);
  table::write_csv(out, cells);
  const std::vector<Session> sessions = history.sessions();
  const std::vector<Environment> environments = history.environments();
  for (const Session& session : sessions) {
    history.each_measurement(session.id, [&](const Measurement& measurement) {
      const Line line{&session, &environments.at(measurement.result.environment), &measurement};
      for (std::size_t i = 0; i < kColumns.size(); ++i) cells[i] = kColumns[i].value(line);
      table::write_csv(out, cells);
    });
  }
}

}  // namespace derate::history
