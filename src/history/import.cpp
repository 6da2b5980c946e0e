// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "derate/error.h"
#include "history/schema.h"
#include "history/transfer.h"
#include "history/writer.h"

namespace derate::history {
namespace {

using Json = nlohmann::ordered_json;

/// A line whose JSON is right and whose content is not.
struct NoSense {
  std::string sentence;
};

/// Everything of a file, before any of it is added.
struct Content {
  std::vector<Session> sessions;
  std::map<std::int64_t, std::vector<Measurement>> measurements;  ///< by session
  std::vector<Environment> environments;
  std::map<std::int64_t, std::size_t> environment_places;
  std::vector<Acceptance> acceptances;
};

double number(const Json& value) { return value.is_null() ? kUnknown : value.get<double>(); }

Session session_from(const Json& json) {
  Session session;
  session.id = json.at("id");
  session.facts = {json.at("time_utc"), json.at("label"), json.at("command"), json.at("kind"),
                   json.at("host")};
  session.pinned = json.at("pinned");
  return session;
}

Measurement measurement_from(const Json& json, const Content& content) {
  Measurement measurement;
  measurement.session = json.at("session");
  measurement.process = json.at("process");
  measurement.side = Side{json.at("side").get<std::int64_t>()};
  if (measurement.side < Side::alone || measurement.side > Side::candidate) {
    throw NoSense{"\"side\" is not 0, 1 or 2"};
  }
  Observation& observation = measurement.observation;
  observation.benchmark = json.at("benchmark");
  observation.problem = json.at("problem");
  observation.amount_unit = json.at("unit");
  const auto environment = content.environment_places.find(json.at("environment"));
  if (environment == content.environment_places.end()) {
    throw NoSense{"no line before it has its environment"};
  }
  observation.environment = environment->second;
  const std::string outcome = json.at("outcome");
  if (!is_outcome(outcome)) throw NoSense{fmt::format("\"{}\" is no outcome", outcome)};
  observation.outcome = parse_outcome(outcome);
  observation.message = json.at("message");
  observation.time_s = number(json.at("time_s"));
  observation.clock_hz = number(json.at("clock_hz"));
  observation.amount = number(json.at("amount"));
  observation.code_hash = json.at("code_hash");
  observation.throttle_reasons = json.at("throttle_reasons");
  observation.samples_s = json.at("samples_s").get<std::vector<double>>();
  return measurement;
}

void take(const Json& line, Content& content) {
  const std::string kind = line.begin().key();
  const Json& json = line.begin().value();
  if (kind == "environment") {
    content.environment_places[json.at("id")] = content.environments.size();
    content.environments.push_back(environment_from(json.at("facts").dump()));
  } else if (kind == "session") {
    content.sessions.push_back(session_from(json));
  } else if (kind == "measurement") {
    Measurement measurement = measurement_from(json, content);
    content.measurements[measurement.session].push_back(std::move(measurement));
  } else if (kind == "acceptance") {
    content.acceptances.push_back({0, json.at("pattern"), json.at("since"), json.at("reason"),
                                   json.at("who"), json.at("time_utc")});
  } else {
    throw NoSense{fmt::format("\"{}\" is nothing that an export holds", kind)};
  }
}

void require_head(const Json& line) {
  if (!line.is_object() || !line.contains("derate_history")) {
    throw NoSense{"it is no export of a history"};
  }
  if (line.at("derate_history").get<std::size_t>() > migrations().size()) {
    throw NoSense{"it was written by a newer derate: update derate"};
  }
}

Content read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ExitCode::invalid_input, path.string() + " cannot be read");
  Content content;
  std::string text;
  std::int64_t number = 0;
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}, line {}: {}; nothing was added", path.string(), number, why));
  };
  while (std::getline(file, text)) {
    ++number;
    try {
      const Json line = Json::parse(text);
      if (number == 1) {
        require_head(line);
      } else if (!line.is_object() || line.size() != 1) {
        throw NoSense{"it is no line of an export"};
      } else {
        take(line, content);
      }
    } catch (const NoSense& wrong) {
      refuse(wrong.sentence);
    } catch (const Json::parse_error&) {
      refuse("it is not JSON");
    } catch (const Json::exception&) {
      refuse("a field is missing or of the wrong type");
    }
  }
  if (number == 0) throw Error(ExitCode::invalid_input, path.string() + " is empty");
  return content;
}

bool is_known(const std::vector<Acceptance>& all, const Acceptance& one) {
  return std::any_of(all.begin(), all.end(), [&](const Acceptance& other) {
    return other.pattern == one.pattern && other.since == one.since && other.reason == one.reason;
  });
}

}  // namespace

Imported import_lines(History& history, const std::filesystem::path& path) {
  Content content = read(path);
  Imported imported;
  std::map<std::int64_t, std::int64_t> numbers;  // of the sessions, there and here
  std::vector<std::int64_t> pinned;
  sqlite::Transaction transaction(history.connection());
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
  transaction.commit();
  return imported;
}

}  // namespace derate::history
