// SPDX-License-Identifier: Apache-2.0
// derate history list and show.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/history_commands.h"
#include "cli/history_database.h"

namespace derate::cli {
namespace {

using history::History;
using history::SeriesSet;
using history::Session;
using history::SessionValue;

using S = Column<Session>;

const std::array kSessions = {
    S{"session", "session", "", [](const Session& s) -> Value { return s.id; }},
    S{"time_utc", "time", "", [](const Session& s) -> Value { return s.facts.time_utc; }},
    S{"label", "label", "", [](const Session& s) -> Value { return s.facts.label; }},
    S{"kind", "kind", "", [](const Session& s) -> Value { return s.facts.kind; }},
    S{"host", "", "", [](const Session& s) -> Value { return s.facts.host; }},
    S{"command", "", "", [](const Session& s) -> Value { return s.facts.command; }},
    S{"processes", "processes", "", [](const Session& s) -> Value { return s.processes; }},
    S{"benchmarks", "benchmarks", "", [](const Session& s) -> Value { return s.benchmarks; }},
    S{"measurements", "", "", [](const Session& s) -> Value { return s.measurements; }},
    S{"failed", "failed", "", [](const Session& s) -> Value { return s.failed; }},
    S{"pinned", "pinned", "",
      [](const Session& s) -> Value { return std::string(s.pinned ? "yes" : ""); }}};

constexpr std::array<std::string_view, 6> kSessionsLeastFirst = {
    "kind", "pinned", "processes", "benchmarks", "failed", "label"};

/// A benchmark in a session, with both.
struct ValueLine {
  std::int64_t session = 0;
  std::string time_utc;
  std::string label;
  std::string benchmark;
  std::string unit;
  double amount = kUnknown;
  SessionValue value;
  double change = kUnknown;  ///< from the value before
  std::string device;
  std::string fingerprint;
};

using L = Column<ValueLine>;

std::string percent_or_dash(double change) {
  return std::isnan(change) ? "–" : fmt::format("{:+.1f} %", change * 100);
}

std::string time_or_dash(double time_s) { return std::isnan(time_s) ? "–" : format_time(time_s); }

const std::array kValues = {
    L{"session", "session", "", [](const ValueLine& l) -> Value { return l.session; }},
    L{"time_utc", "when", "", [](const ValueLine& l) -> Value { return l.time_utc; }},
    L{"label", "label", "", [](const ValueLine& l) -> Value { return l.label; }},
    L{"benchmark", "benchmark", "", [](const ValueLine& l) -> Value { return l.benchmark; }},
    L{"device_name", "device", "", [](const ValueLine& l) -> Value { return l.device; }},
    L{"fingerprint", "", "", [](const ValueLine& l) -> Value { return l.fingerprint; }},
    L{"processes", "processes", "", [](const ValueLine& l) -> Value { return l.value.processes; }},
    L{"failed", "failed", "", [](const ValueLine& l) -> Value { return l.value.failed; }},
    L{"time_s", "time", "", [](const ValueLine& l) -> Value { return l.value.time_s; },
      [](const ValueLine& l) { return time_or_dash(l.value.time_s); }},
    L{"change", "change", "", [](const ValueLine& l) -> Value { return l.change; },
      [](const ValueLine& l) { return percent_or_dash(l.change); }},
    L{"clock_hz", "clock", "", [](const ValueLine& l) -> Value { return l.value.clock_hz; },
      [](const ValueLine& l) {
        return std::isnan(l.value.clock_hz) ? "–" : format_frequency(l.value.clock_hz);
      }},
    L{"amount", "", "", [](const ValueLine& l) -> Value { return l.amount; }},
    L{"amount_unit", "", "", [](const ValueLine& l) -> Value { return l.unit; }},
    L{"code_hash", "", "", [](const ValueLine& l) -> Value { return l.value.code_hash; }}};

constexpr std::array<std::string_view, 7> kValuesLeastFirst = {
    "device_name", "clock_hz", "processes", "failed", "label", "time_utc", "change"};

std::vector<ValueLine> lines_of(const SeriesSet& set) {
  std::vector<ValueLine> lines;
  for (const history::Series& series : set.series) {
    double before = kUnknown;
    for (const SessionValue& value : series.values) {
      ValueLine line;
      line.session = value.session;
      const auto session = std::find_if(set.sessions.begin(), set.sessions.end(),
                                        [&](const Session& s) { return s.id == value.session; });
      line.time_utc = session->facts.time_utc;
      line.label = session->facts.label;
      line.benchmark = series.benchmark;
      line.unit = series.unit;
      line.amount = series.amount;
      line.value = value;
      line.change = value.time_s / before - 1;
      if (value.time_s > 0) before = value.time_s;
      const Environment& environment = set.environments.at(value.environment);
      line.device = environment.value("device_name");
      line.fingerprint = environment.fingerprint();
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

struct ShowOptions {
  DatabaseOptions database;
  std::int64_t session = 0;
  std::string benchmark;
  Format format = Format::table;
};

/// Every session; a history that does not fit in memory is beyond this.
constexpr std::int64_t kAll = 1'000'000'000;

std::vector<ValueLine> chosen_lines(History& history, const ShowOptions& options) {
  if (options.session != 0) (void)history.session(options.session);  // refused if not there
  std::vector<ValueLine> lines = lines_of(history.series(kAll));
  std::erase_if(lines, [&](const ValueLine& line) {
    const bool named =
        options.benchmark.empty() || history::matches(options.benchmark, line.benchmark);
    return !named || (options.session != 0 && line.session != options.session);
  });
  if (lines.empty()) {
    throw Error(ExitCode::usage, options.benchmark.empty()
                                     ? fmt::format("session {} has no measurement", options.session)
                                     : fmt::format("no benchmark \"{}\" in {}", options.benchmark,
                                                   history.database().path().string()));
  }
  return lines;
}

void write_environments(std::ostream& out, History& history, std::int64_t session, Format format) {
  const std::vector<Environment> environments = history.environments();
  std::vector<bool> seen(environments.size(), false);
  history.each_measurement(session, [&](const history::Measurement& measurement) {
    seen.at(measurement.result.environment) = true;
  });
  for (std::size_t id = 0; id < environments.size(); ++id) {
    if (!seen[id]) continue;
    std::string line = fmt::format("Environment {}:", environments[id].fingerprint());
    for (const EnvironmentFact& fact : environments[id].facts) {
      if (!fact.value.empty()) line += fmt::format(" {}={}", fact.name, fact.value);
    }
    out << '\n';
    write_sentence(out, line, format);
  }
}

ExitCode show(const ShowOptions& options) {
  if (options.session == 0 && options.benchmark.empty()) {
    throw Error(ExitCode::usage, "name a session, or a benchmark with --benchmark");
  }
  History history = open_database(options.database);
  const std::vector<ValueLine> lines = chosen_lines(history, options);
  write(standard_output(), std::span<const L>(kValues), lines, options.format, {kValuesLeastFirst});
  const bool for_people = options.format == Format::table || options.format == Format::markdown;
  if (for_people && options.session != 0) {
    write_environments(standard_output(), history, options.session, options.format);
  }
  return ExitCode::ok;
}

struct ListOptions {
  DatabaseOptions database;
  Format format = Format::table;
};

}  // namespace

void add_history_list(Command& history, ExitCode& end) {
  const auto options = std::make_shared<ListOptions>();
  Command command = history.add_subcommand("list", "list its sessions, oldest first");
  add_database(command, options->database);
  add_format(command, options->format);
  command.on_parse([options, &end] {
    const std::vector<Session> sessions = open_database(options->database).sessions();
    write(standard_output(), std::span<const S>(kSessions), sessions, options->format,
          {kSessionsLeastFirst});
    end = ExitCode::ok;
  });
}

void add_history_show(Command& history, ExitCode& end) {
  const auto options = std::make_shared<ShowOptions>();
  Command command =
      history.add_subcommand("show", "show a session's benchmarks, or a benchmark's sessions");
  command.add_option("session", options->session, "its number");
  command.add_option("--benchmark", options->benchmark, "its name, or a pattern with * and ?");
  add_database(command, options->database);
  add_format(command, options->format);
  command.on_parse([options, &end] { end = show(*options); });
}

}  // namespace derate::cli
