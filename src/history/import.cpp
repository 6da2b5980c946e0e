// SPDX-License-Identifier: Apache-2.0
// Reads and checks the whole file before anything is added; a refusal names the line. Sessions get
// new numbers, and known ones are recognised by their digest.
#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/json.h"
#include "base/time_utc.h"
#include "derate/error.h"
#include "history/import_export.h"
#include "history/schema.h"
#include "history/writer.h"

namespace derate::history {
namespace {

using Json = nlohmann::ordered_json;

/// Session, process and side.
using ProcessPlace = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

/// Everything of a file, before any of it is added.
struct Content {
  std::vector<Session> sessions;
  std::map<std::int64_t, std::vector<Measurement>> measurements;  ///< by session
  std::set<std::string> places;                                   ///< of the measurements
  std::vector<Environment> environments;
  std::map<std::int64_t, std::size_t> environment_places;
  std::vector<Acceptance> acceptances;
  std::map<ProcessPlace, std::string> times;  ///< when a process ran
  std::int64_t schema = 0;                    ///< of the history that was exported
  bool ended = false;                         ///< by the line that is last
};

/// A field of a line. Throws NoSense where it is missing or of another type.
template <typename T>
T field(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name)) {
    throw NoSense{fmt::format("\"{}\" is missing", name)};
  }
  try {
    return json.at(name).get<T>();
  } catch (const Json::exception&) {
    throw NoSense{fmt::format("\"{}\" is of the wrong type", name)};
  }
}

double number(const Json& json, const char* name) {
  if (json.contains(name) && json.at(name).is_null()) return kUnknown;
  return field<double>(json, name);
}

std::string text(const Json& json, const char* name) { return field<std::string>(json, name); }

std::int64_t whole(const Json& json, const char* name) {
  const Json value = field<Json>(json, name);
  if (!value.is_number_integer()) {
    throw NoSense{fmt::format("\"{}\" is no whole number", name)};
  }
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > input_limits::kLargestCount) {
    throw NoSense{fmt::format("\"{}\" is {}, which is no count", name, value.dump())};
  }
  return value.get<std::int64_t>();
}

std::string time(const Json& json, const char* name) {
  std::string time = text(json, name);
  if (!is_time_utc(time)) {
    throw NoSense{fmt::format("\"{}\" is \"{}\", no time such as 2026-11-01T12:30:00Z", name,
                              fit_text::echoed(time))};
  }
  return time;
}

Session session_from(const Json& json) {
  Session session;
  session.id = whole(json, "id");
  session.facts = {time(json, "time_utc"), text(json, "label"), text(json, "command"),
                   text(json, "kind"), text(json, "host")};
  session.pinned = field<bool>(json, "pinned");
  return session;
}

ProcessPlace process_of(const Json& json) {
  return {whole(json, "session"), whole(json, "process"), whole(json, "side")};
}

Measurement measurement_from(const Json& json, const Content& content) {
  Measurement measurement;
  measurement.session = whole(json, "session");
  measurement.process = whole(json, "process");
  BenchmarkResult& result = measurement.result;
  result.benchmark = text(json, "benchmark");
  result.problem = text(json, "problem");
  result.amount_unit = text(json, "unit");
  const auto environment = content.environment_places.find(whole(json, "environment"));
  if (environment == content.environment_places.end()) {
    throw NoSense{"no line before it has its environment"};
  }
  result.environment = environment->second;
  const std::string outcome = text(json, "outcome");
  result.message = text(json, "message");
  result.time_s = number(json, "time_s");
  require_sense(whole(json, "side"), outcome, result.time_s);
  measurement.side = Side{whole(json, "side")};
  const auto time = content.times.find(process_of(json));
  if (time != content.times.end()) measurement.measured_at = time->second;
  result.outcome = parse_outcome(outcome);
  result.clock_hz = number(json, "clock_hz");
  result.amount = number(json, "amount");
  result.code_hash = text(json, "code_hash");
  result.throttle_reasons = text(json, "throttle_reasons");
  result.samples_s = field<std::vector<double>>(json, "samples_s");
  return measurement;
}

void take(Measurement measurement, Content& content) {
  const auto session = content.measurements.find(measurement.session);
  if (session == content.measurements.end()) throw NoSense{"no line before it has its session"};
  const BenchmarkResult& result = measurement.result;
  const bool is_new =
      content.places
          .insert(fmt::format("{} {} {} {} {}\n{}\n{}", measurement.session, measurement.process,
                              static_cast<std::int64_t>(measurement.side), result.environment,
                              result.amount_unit, result.benchmark, result.problem))
          .second;
  if (!is_new) throw NoSense{"this measurement stands there twice"};
  session->second.push_back(std::move(measurement));
}

void require_end(const Json& json, const Content& content) {
  const bool complete =
      whole(json, "sessions") == static_cast<std::int64_t>(content.sessions.size()) &&
      whole(json, "measurements") == static_cast<std::int64_t>(content.places.size());
  if (!complete) throw NoSense{"lines before it are missing"};
}

void take(const Json& line, Content& content) {
  const std::string kind = line.begin().key();
  const Json& json = line.begin().value();
  if (content.ended) throw NoSense{"a second export begins: import them one after the other"};
  if (kind == "environment") {
    content.environment_places[whole(json, "id")] = content.environments.size();
    content.environments.push_back(environment_from(field<Json>(json, "facts").dump()));
  } else if (kind == "session") {
    content.sessions.push_back(session_from(json));
    const bool is_new = content.measurements.try_emplace(content.sessions.back().id).second;
    if (!is_new) throw NoSense{"this session stands there twice"};
  } else if (kind == "process") {
    const bool is_new = content.times.emplace(process_of(json), text(json, "measured_at")).second;
    if (!is_new) throw NoSense{"this process stands there twice"};
  } else if (kind == "measurement") {
    take(measurement_from(json, content), content);
  } else if (kind == "acceptance") {
    content.acceptances.push_back({0, text(json, "pattern"), whole(json, "since"),
                                   text(json, "reason"), text(json, "who"),
                                   time(json, "time_utc")});
  } else if (kind == "end") {
    require_end(json, content);
    content.ended = true;
  } else {
    throw NoSense{fmt::format("\"{}\" is nothing that an export holds", fit_text::echoed(kind))};
  }
}

void take_head(const Json& line, Content& content) {
  if (!line.is_object() || !line.contains("derate_history")) {
    throw NoSense{"it is no export of a history"};
  }
  content.schema = whole(line, "derate_history");
  if (content.schema > static_cast<std::int64_t>(migrations().size())) {
    throw NoSense{"it was written by a newer derate: update derate"};
  }
}

Content read(const std::filesystem::path& path) {
  InputFile file(path);
  Content content;
  std::string text;
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}, line {}: {}; nothing was added", file.name(), file.line(), why));
  };
  while (file.read_line(text)) {
    try {
      const Json line = parse_json(text);
      if (file.line() == 1) {
        take_head(line, content);
      } else if (!line.is_object() || line.size() != 1) {
        throw NoSense{"it is no line of an export"};
      } else {
        take(line, content);
      }
    } catch (const NoSense& wrong) {
      refuse(wrong.sentence);
    } catch (const BadJson& bad) {
      refuse(bad.what());
    }
  }
  constexpr std::int64_t kWithEnd = 3;
  if (content.schema >= kWithEnd && !content.ended) refuse("the export ends here, before its end");
  if (file.line() == 0) throw Error(ExitCode::invalid_input, file.name() + " is empty");
  return content;
}

bool is_known(const std::vector<Acceptance>& all, const Acceptance& one) {
  return std::any_of(all.begin(), all.end(), [&](const Acceptance& other) {
    // Not its session, which may have been pruned since.
    return std::tie(other.pattern, other.reason, other.who, other.time_utc) ==
           std::tie(one.pattern, one.reason, one.who, one.time_utc);
  });
}

}  // namespace

Imported import_lines(History& history, const std::filesystem::path& path) {
  Content content = read(path);
  Imported imported;
  std::map<std::int64_t, std::int64_t> numbers;  // of the sessions, there and here
  std::vector<std::int64_t> pinned;
  history.database().change([&] {
    for (const Session& session : content.sessions) {
      const std::vector<Measurement>& measurements = content.measurements[session.id];
      const Added added = history.add(session.facts, measurements, content.environments);
      numbers[session.id] = added.session;
      if (session.pinned) pinned.push_back(added.session);
      if (added.already_there) {
        ++imported.already_there;
        continue;
      }
      ++imported.sessions;
      imported.measurements += static_cast<std::int64_t>(measurements.size());
    }
    const std::vector<Acceptance> known = history.acceptances();
    for (Acceptance& acceptance : content.acceptances) {
      // Its session may have been pruned before the export: then it holds from the next one on.
      const auto there = numbers.lower_bound(acceptance.since);
      if (there == numbers.end()) continue;
      acceptance.since = there->second;
      if (!is_known(known, acceptance)) history.accept(acceptance);
    }
    for (const std::int64_t session : pinned) history.pin(session);
  });
  return imported;
}

}  // namespace derate::history
