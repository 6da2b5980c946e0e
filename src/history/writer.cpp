// SPDX-License-Identifier: Apache-2.0
// Samples as little-endian doubles in one BLOB, environments as JSON, and digests that identify a
// session or process that is added twice.
#include "history/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/json.h"
#include "base/time_utc.h"
#include "derate/device.h"
#include "derate/error.h"

namespace derate::history {

using sqlite::Connection;
using sqlite::Statement;

namespace {

void reverse_each(std::span<std::byte> bytes) {
  for (std::size_t at = 0; at + sizeof(double) <= bytes.size(); at += sizeof(double)) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + sizeof(double)));
  }
}

constexpr bool kBigEndian = std::endian::native == std::endian::big;

}  // namespace

void to_bytes(std::span<const double> samples, std::vector<std::byte>& bytes) {
  bytes.resize(samples.size_bytes());
  if (!samples.empty()) std::memcpy(bytes.data(), samples.data(), bytes.size());
  if constexpr (kBigEndian) reverse_each(bytes);
}

std::vector<double> from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(double) != 0) {
    throw NoSense{fmt::format("its samples have {} bytes", bytes.size())};
  }
  std::vector<std::byte> ordered(bytes.begin(), bytes.end());
  if constexpr (kBigEndian) reverse_each(ordered);
  std::vector<double> samples(bytes.size() / sizeof(double));
  if (!samples.empty()) std::memcpy(samples.data(), ordered.data(), ordered.size());
  return samples;
}

std::string facts_json(const Environment& environment) {
  nlohmann::ordered_json facts = nlohmann::ordered_json::array();
  for (const EnvironmentFact& fact : environment.facts) {
    facts.push_back({fact.name, fact.value, fact.hard});
  }
  // What is no UTF-8 is replaced: a host's name must not stop a measurement from being kept.
  return facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Environment environment_from(const std::string& facts) {
  Environment environment;
  try {
    for (const nlohmann::ordered_json& fact : parse_json(facts)) {
      environment.facts.push_back({fact.at(0), fact.at(1), fact.at(2)});
    }
  } catch (const nlohmann::json::exception&) {
    throw NoSense{"the facts of an environment are no list of name, value and true or false"};
  }
  return environment;
}

void require_sense(std::int64_t side, const std::string& outcome, double time_s) {
  if (side < 0 || side > static_cast<std::int64_t>(Side::candidate)) {
    throw NoSense{fmt::format("its side is {}, not 0, 1 or 2", side)};
  }
  if (!is_outcome(outcome)) throw NoSense{fmt::format("\"{}\" is no outcome", outcome)};
  if (!std::isnan(time_s) && !(time_s >= 0 && std::isfinite(time_s))) {
    throw NoSense{fmt::format("its time is {} s", time_s)};
  }
}

namespace {

std::string digest(std::span<const Measurement> measurements, bool with_places) {
  std::string all;
  std::vector<std::byte> bytes;
  // Failures are alike every day, and no copies of each other.
  const bool any_time =
      std::any_of(measurements.begin(), measurements.end(),
                  [](const Measurement& measurement) { return measurement.result.time_s > 0; });
  if (!any_time) return "";
  for (const Measurement& measurement : measurements) {
    const BenchmarkResult& result = measurement.result;
    all += fmt::format("{} {} {} {} {}\n", with_places ? measurement.process : 0,
                       with_places ? static_cast<std::int64_t>(measurement.side) : 0, result.name(),
                       to_string(result.outcome), result.time_s);
    to_bytes(result.samples_s, bytes);
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return hash_text(all) + fmt::format("-{}", all.size());
}

}  // namespace

std::string digest_of(std::span<const Measurement> measurements) {
  return digest(measurements, true);
}

std::string process_digest(std::span<const Measurement> measurements) {
  return digest(measurements, false);
}

std::string process_digest(const ProcessReport& process) {
  std::vector<Measurement> measurements;
  for (const BenchmarkResult& result : process.results) {
    measurements.push_back({0, 0, Side::alone, result});
  }
  return process_digest(measurements);
}

Writer::Writer(Connection& connection)
    : connection_(connection),
      measurement_(connection,
                   "INSERT INTO measurements (session, process, side, benchmark, environment, "
                   "outcome, message, time_s, clock_hz, amount, code_hash, throttle_reasons, "
                   "samples_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

std::int64_t Writer::add_session(const SessionFacts& facts, const std::string& digest) {
  const std::string time_utc = facts.time_utc.empty() ? now_utc() : facts.time_utc;
  Statement insert(connection_,
                   "INSERT INTO sessions (time_utc, label, command, kind, host, digest) "
                   "VALUES (?, ?, ?, ?, ?, nullif(?, ''))");
  insert.bind(0, time_utc).bind(1, facts.label).bind(2, facts.command).bind(3, facts.kind);
  insert.bind(4, facts.host).bind(5, digest).run();
  return connection_.last_row();
}

void Writer::add_processes(std::int64_t session, std::span<const Measurement> measurements) {
  Statement insert(connection_,
                   "INSERT OR IGNORE INTO processes (session, process, side, digest) "
                   "VALUES (?, ?, ?, ?)");
  while (!measurements.empty()) {
    const Measurement& first = measurements.front();
    const auto end =
        std::find_if(measurements.begin(), measurements.end(), [&](const Measurement& other) {
          return other.process != first.process || other.side != first.side;
        });
    const auto count = static_cast<std::size_t>(end - measurements.begin());
    const std::string digest = process_digest(measurements.first(count));
    if (!digest.empty()) {
      insert.bind(0, session).bind(1, first.process);
      insert.bind(2, static_cast<std::int64_t>(first.side)).bind(3, digest).run();
    }
    measurements = measurements.subspan(count);
  }
}

std::int64_t Writer::environment_row(const Environment& environment) {
  const std::string facts = facts_json(environment);
  const auto [entry, is_new] = environments_.try_emplace(facts, 0);
  if (!is_new) return entry->second;
  const std::string fingerprint = environment.fingerprint();
  Statement insert(connection_,
                   "INSERT INTO environments (fingerprint, facts) VALUES (?, ?) "
                   "ON CONFLICT DO NOTHING");
  insert.bind(0, fingerprint).bind(1, facts).run();
  Statement find(connection_, "SELECT id FROM environments WHERE facts = ?");
  find.bind(0, facts);
  entry->second = find.step() ? find.integer(0) : 0;
  return entry->second;
}

std::int64_t Writer::benchmark_row(const BenchmarkResult& result) {
  const auto [entry, is_new] =
      benchmarks_.try_emplace({result.benchmark, result.problem, result.amount_unit}, 0);
  if (!is_new) return entry->second;
  const auto& [name, problem, unit] = entry->first;
  Statement insert(connection_,
                   "INSERT INTO benchmarks (name, problem, unit) VALUES (?, ?, ?) "
                   "ON CONFLICT DO NOTHING");
  insert.bind(0, name).bind(1, problem).bind(2, unit).run();
  Statement find(connection_,
                 "SELECT id FROM benchmarks WHERE name = ? AND problem = ? AND unit = ?");
  find.bind(0, name).bind(1, problem).bind(2, unit);
  entry->second = find.step() ? find.integer(0) : 0;
  return entry->second;
}

void Writer::add(std::int64_t session, std::int64_t process, Side side, std::int64_t environment,
                 const BenchmarkResult& result) {
  to_bytes(result.samples_s, bytes_);
  measurement_.bind(0, session).bind(1, process).bind(2, static_cast<std::int64_t>(side));
  measurement_.bind(3, benchmark_row(result)).bind(4, environment);
  measurement_.bind(5, to_string(result.outcome)).bind(6, result.message);
  measurement_.bind(7, result.time_s).bind(8, result.clock_hz);
  measurement_.bind(9, result.amount).bind(10, result.code_hash);
  measurement_.bind(11, result.throttle_reasons).bind_blob(12, bytes_).run();
}

}  // namespace derate::history
