// SPDX-License-Identifier: Apache-2.0
// Samples as little-endian doubles in one BLOB, environments as JSON, and digests that identify a
// session or process that is added twice.
#include "history/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/fit_text.h"
#include "base/json.h"
#include "base/time_utc.h"
#include "derate/device.h"
#include "derate/error.h"

namespace derate::history {

namespace {

[[maybe_unused]] void reverse_each(std::span<std::byte> bytes) {
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
  std::vector<double> samples(bytes.size() / sizeof(double));
  if (!samples.empty()) std::memcpy(samples.data(), bytes.data(), bytes.size());
  if constexpr (kBigEndian) reverse_each(std::as_writable_bytes(std::span(samples)));
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
  } catch (const BadJson& bad) {
    throw NoSense{fmt::format("the facts of an environment: {}", bad.what())};
  } catch (const nlohmann::json::exception&) {
    throw NoSense{"the facts of an environment are no list of name, value and true or false"};
  }
  return environment;
}

void require_sense(std::int64_t side, const std::string& outcome, double time_s) {
  if (side < 0 || side > static_cast<std::int64_t>(Side::candidate)) {
    throw NoSense{fmt::format("its side is {}, not 0, 1 or 2", side)};
  }
  if (!is_outcome(outcome))
    throw NoSense{fmt::format("\"{}\" is no outcome", fit_text::echoed(outcome))};
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
    if (with_places) all += measurement.measured_at;
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
    measurements.push_back({0, 0, Side::alone, process.measured_at, result});
  }
  return process_digest(measurements);
}

Writer::Writer(Database& database)
    : database_(database),
      measurement_(database,
                   "INSERT INTO measurements (session, process, side, benchmark, environment, "
                   "outcome, message, time_s, clock_hz, amount, code_hash, throttle_reasons, "
                   "samples_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

std::int64_t Writer::add_session(const SessionFacts& facts, const std::string& digest) {
  const std::string time_utc = facts.time_utc.empty() ? now_utc() : facts.time_utc;
  database_.run(
      "INSERT INTO sessions (time_utc, label, command, kind, host, digest) "
      "VALUES (?, ?, ?, ?, ?, nullif(?, ''))",
      time_utc, facts.label, facts.command, facts.kind, facts.host, digest);
  return database_.getLastInsertRowid();
}

void Writer::add_processes(std::int64_t session, std::span<const Measurement> measurements) {
  SQLite::Statement insert(database_,
                           "INSERT OR IGNORE INTO processes (session, process, side, digest, "
                           "measured_at) VALUES (?, ?, ?, ?, ?)");
  while (!measurements.empty()) {
    const Measurement& first = measurements.front();
    const auto end =
        std::find_if(measurements.begin(), measurements.end(), [&](const Measurement& other) {
          return other.process != first.process || other.side != first.side;
        });
    const auto count = static_cast<std::size_t>(end - measurements.begin());
    const std::string digest = process_digest(measurements.first(count));
    if (!digest.empty()) {
      SQLite::bind(insert, session, first.process, static_cast<std::int64_t>(first.side), digest,
                   first.measured_at);
      insert.exec();
      insert.reset();
    }
    measurements = measurements.subspan(count);
  }
}

std::int64_t Writer::environment_row(const Environment& environment) {
  const std::string facts = facts_json(environment);
  const auto [entry, is_new] = environments_.try_emplace(facts, 0);
  if (!is_new) return entry->second;
  database_.run(
      "INSERT INTO environments (fingerprint, facts) VALUES (?, ?) ON CONFLICT DO NOTHING",
      environment.fingerprint(), facts);
  entry->second = database_.integer("SELECT id FROM environments WHERE facts = ?", facts);
  return entry->second;
}

std::int64_t Writer::benchmark_row(const BenchmarkResult& result) {
  const auto [entry, is_new] =
      benchmarks_.try_emplace({result.benchmark, result.problem, result.amount_unit}, 0);
  if (!is_new) return entry->second;
  const auto& [name, problem, unit] = entry->first;
  database_.run(
      "INSERT INTO benchmarks (name, problem, unit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", name,
      problem, unit);
  entry->second = database_.integer(
      "SELECT id FROM benchmarks WHERE name = ? AND problem = ? AND unit = ?", name, problem, unit);
  return entry->second;
}

void Writer::add(std::int64_t session, std::int64_t process, Side side, std::int64_t environment,
                 const BenchmarkResult& result) {
  to_bytes(result.samples_s, bytes_);
  SQLite::bind(measurement_, session, process, static_cast<std::int64_t>(side),
               benchmark_row(result), environment, std::string(to_string(result.outcome)));
  measurement_.bindNoCopy(7, result.message);
  bind_number(measurement_, 8, result.time_s);
  bind_number(measurement_, 9, result.clock_hz);
  bind_number(measurement_, 10, result.amount);
  measurement_.bindNoCopy(11, result.code_hash);
  measurement_.bindNoCopy(12, result.throttle_reasons);
  const void* const samples = bytes_.empty() ? "" : static_cast<const void*>(bytes_.data());
  measurement_.bindNoCopy(13, samples, static_cast<int>(bytes_.size()));  // a null would be NULL
  measurement_.exec();
  measurement_.reset();
}

}  // namespace derate::history
