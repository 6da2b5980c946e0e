// SPDX-License-Identifier: Apache-2.0
// What changes a history. Each function is one transaction.
#include "history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/time_utc.h"
#include "derate/error.h"
#include "history/schema.h"
#include "history/writer.h"

namespace derate::history {

namespace {

/// The measurements of several processes, each in one of their environments.
struct Gathered {
  Gathered(std::span<const ProcessReport> processes, std::span<const Side> sides) {
    for (std::size_t process = 0; process < processes.size(); ++process) {
      const std::size_t first = environments.size();
      environments.insert(environments.end(), processes[process].environments.begin(),
                          processes[process].environments.end());
      for (BenchmarkResult result : processes[process].results) {
        result.environment += first;
        measurements.push_back({0, static_cast<std::int64_t>(process),
                                sides.empty() ? Side::alone : sides[process],
                                processes[process].measured_at, std::move(result)});
      }
    }
  }
  std::vector<Measurement> measurements;
  std::vector<Environment> environments;
};

}  // namespace

History::History(const std::filesystem::path& path, Access access, double wait_s)
    : database_(path, access, wait_s) {
  prepare(database_, access);
}

Added History::add(const SessionFacts& facts, std::span<const Measurement> measurements,
                   std::span<const Environment> environments) {
  const std::string digest = digest_of(measurements);
  Added added;
  database_.change([&] {
    if (const auto known = find(digest)) {
      added = {*known, true};
      return;
    }
    Writer writer(database_);
    added.session = writer.add_session(facts, digest);
    std::vector<std::int64_t> rows(environments.size(), 0);  // 0 for what is not stored yet
    for (const Measurement& measurement : measurements) {
      const std::size_t environment = measurement.result.environment;
      std::int64_t& row = rows.at(environment);
      if (row == 0) row = writer.environment_row(environments[environment]);
      writer.add(added.session, measurement.process, measurement.side, row, measurement.result);
    }
    writer.add_processes(added.session, measurements);
  });
  return added;
}

std::optional<std::int64_t> History::find(std::span<const ProcessReport> processes,
                                          std::span<const Side> sides) {
  return find(digest_of(Gathered(processes, sides).measurements));
}

std::optional<std::int64_t> History::find(const std::string& digest) {
  const auto known = database_.integer("SELECT id FROM sessions WHERE digest = ?", digest);
  return known == 0 ? std::nullopt : std::optional(known);
}

std::optional<std::int64_t> History::session_with(const ProcessReport& process) {
  const std::string digest = process_digest(process);
  if (digest.empty()) return std::nullopt;
  // Simulated times may be equal every day: another date is another process. A history of an
  // older schema did not keep it.
  const auto known = database_.integer(
      "SELECT max(session) FROM processes WHERE digest = ?1 AND (measured_at IN (?2, '') OR ?2 = "
      "'')",
      digest, process.measured_at);
  return known == 0 ? std::nullopt : std::optional(known);
}

Added History::add(const SessionFacts& facts, std::span<const ProcessReport> processes,
                   std::span<const Side> sides) {
  Added added;
  database_.change([&] {
    if (const auto known = find(processes, sides)) {
      added = {*known, true};
      return;
    }
    std::vector<ProcessReport> fresh;
    std::vector<Side> sides_of_fresh;
    std::int64_t latest = 0;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      if (const auto known = session_with(processes[i])) {
        latest = std::max(latest, *known);
        continue;
      }
      fresh.push_back(processes[i]);
      sides_of_fresh.push_back(sides.empty() ? Side::alone : sides[i]);
    }
    if (fresh.empty() && latest > 0) {
      added = {latest, true};
      return;
    }
    const Gathered gathered(fresh, sides_of_fresh);
    added = add(facts, gathered.measurements, gathered.environments);
    added.left_out = static_cast<std::int64_t>(processes.size() - fresh.size());
  });
  return added;
}

void History::pin(std::int64_t id) {
  (void)session(id);  // which refuses one that is not there
  database_.run("INSERT OR REPLACE INTO baselines (session, time_utc) VALUES (?, ?)", id,
                now_utc());
}

void History::unpin(std::int64_t id) {
  if (!session(id).pinned) {
    throw Error(ExitCode::usage, fmt::format("session {} is not pinned", id));
  }
  database_.run("DELETE FROM baselines WHERE session = ?", id);
}

std::int64_t History::accept(const Acceptance& acceptance) {
  const std::string time_utc = acceptance.time_utc.empty() ? now_utc() : acceptance.time_utc;
  database_.run(
      "INSERT INTO acceptances (pattern, since, reason, who, time_utc) VALUES (?, ?, ?, ?, ?)",
      acceptance.pattern, acceptance.since, acceptance.reason, acceptance.who, time_utc);
  return database_.getLastInsertRowid();
}

void History::remove(std::span<const std::int64_t> sessions) {
  database_.change([&] {
    for (const std::int64_t id : sessions) database_.run("DELETE FROM sessions WHERE id = ?", id);
    database_.run(
        "DELETE FROM environments WHERE id NOT IN (SELECT environment FROM measurements)");
    database_.run("DELETE FROM benchmarks WHERE id NOT IN (SELECT benchmark FROM measurements)");
  });
  environments_.clear();  // their numbers may be given again
  environment_places_.clear();
  database_.run("VACUUM");
}

}  // namespace derate::history
