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

using sqlite::Access;
using sqlite::Statement;
using sqlite::Transaction;

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
                                sides.empty() ? Side::alone : sides[process], std::move(result)});
      }
    }
  }
  std::vector<Measurement> measurements;
  std::vector<Environment> environments;
};

}  // namespace

History::History(const std::filesystem::path& path, Access access, double wait_s)
    : connection_(path, access, wait_s) {
  prepare(connection_, access);
}

Added History::add(const SessionFacts& facts, std::span<const Measurement> measurements,
                   std::span<const Environment> environments) {
  const std::string digest = digest_of(measurements);
  Transaction transaction(connection_);
  if (const auto known = find(digest)) return {*known, true};
  Writer writer(connection_);
  const std::int64_t session = writer.add_session(facts, digest);
  std::vector<std::int64_t> rows(environments.size(), 0);  // 0 for what is not stored yet
  for (const Measurement& measurement : measurements) {
    const std::size_t environment = measurement.result.environment;
    std::int64_t& row = rows.at(environment);
    if (row == 0) row = writer.environment_row(environments[environment]);
    writer.add(session, measurement.process, measurement.side, row, measurement.result);
  }
  writer.add_processes(session, measurements);
  transaction.commit();
  return {session, false};
}

std::optional<std::int64_t> History::find(std::span<const ProcessReport> processes,
                                          std::span<const Side> sides) {
  return find(digest_of(Gathered(processes, sides).measurements));
}

std::optional<std::int64_t> History::find(const std::string& digest) {
  Statement known(connection_, "SELECT id FROM sessions WHERE digest = ?");
  known.bind(0, digest);
  if (!known.step()) return std::nullopt;
  return known.integer(0);
}

std::optional<std::int64_t> History::session_with(const ProcessReport& process) {
  const std::string digest = process_digest(process);
  if (digest.empty()) return std::nullopt;
  Statement known(connection_, "SELECT max(session) FROM processes WHERE digest = ?");
  known.bind(0, digest);
  if (!known.step() || known.integer(0) == 0) return std::nullopt;
  return known.integer(0);
}

Added History::add(const SessionFacts& facts, std::span<const ProcessReport> processes,
                   std::span<const Side> sides) {
  Transaction transaction(connection_);
  if (const auto known = find(processes, sides)) return {*known, true};
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
  if (fresh.empty() && latest > 0) return {latest, true};
  const Gathered gathered(fresh, sides_of_fresh);
  Added added = add(facts, gathered.measurements, gathered.environments);
  added.left_out = static_cast<std::int64_t>(processes.size() - fresh.size());
  transaction.commit();
  return added;
}

void History::pin(std::int64_t id) {
  (void)session(id);  // which refuses one that is not there
  Transaction transaction(connection_);
  Statement insert(connection_,
                   "INSERT OR REPLACE INTO baselines (session, time_utc) VALUES (?, ?)");
  const std::string now = now_utc();
  insert.bind(0, id).bind(1, now).run();
  transaction.commit();
}

void History::unpin(std::int64_t id) {
  if (!session(id).pinned) {
    throw Error(ExitCode::usage, fmt::format("session {} is not pinned", id));
  }
  Transaction transaction(connection_);
  Statement(connection_, "DELETE FROM baselines WHERE session = ?").bind(0, id).run();
  transaction.commit();
}

std::int64_t History::accept(const Acceptance& acceptance) {
  Transaction transaction(connection_);
  Statement insert(connection_,
                   "INSERT INTO acceptances (pattern, since, reason, who, time_utc) "
                   "VALUES (?, ?, ?, ?, ?)");
  const std::string time_utc = acceptance.time_utc.empty() ? now_utc() : acceptance.time_utc;
  insert.bind(0, acceptance.pattern).bind(1, acceptance.since).bind(2, acceptance.reason);
  insert.bind(3, acceptance.who).bind(4, time_utc).run();
  const std::int64_t id = connection_.last_row();
  transaction.commit();
  return id;
}

void History::remove(std::span<const std::int64_t> sessions) {
  Transaction transaction(connection_);
  Statement remove(connection_, "DELETE FROM sessions WHERE id = ?");
  for (const std::int64_t id : sessions) remove.bind(0, id).run();
  connection_.execute(
      "DELETE FROM environments WHERE id NOT IN (SELECT environment FROM measurements);"
      "DELETE FROM benchmarks WHERE id NOT IN (SELECT benchmark FROM measurements)");
  transaction.commit();
  connection_.execute("VACUUM");
}

}  // namespace derate::history
