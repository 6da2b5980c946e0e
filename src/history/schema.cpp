// SPDX-License-Identifier: Apache-2.0
// The SQL of each version as a list of migrations, run in one transaction; a file of another
// program or of a newer version is refused.
#include "history/schema.h"

#include <fmt/format.h>

#include <array>

#include "derate/error.h"

namespace derate::history {
namespace {

// What many measurements share is stored once. A measurement is one row with all its samples as one
// BLOB: less than half the room of a row for each sample.
constexpr std::string_view kFirst = R"(
CREATE TABLE environments (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  facts TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE benchmarks (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  problem TEXT NOT NULL,
  unit TEXT NOT NULL,
  UNIQUE (name, problem, unit)
) STRICT;
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time_utc TEXT NOT NULL,
  label TEXT NOT NULL,
  command TEXT NOT NULL,
  kind TEXT NOT NULL,
  host TEXT NOT NULL,
  status TEXT NOT NULL
) STRICT;
CREATE TABLE measurements (
  session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  process INTEGER NOT NULL,
  side INTEGER NOT NULL,
  benchmark INTEGER NOT NULL REFERENCES benchmarks (id),
  environment INTEGER NOT NULL REFERENCES environments (id),
  outcome TEXT NOT NULL,
  message TEXT NOT NULL,
  time_s REAL,
  clock_hz REAL,
  amount REAL,
  code_hash TEXT NOT NULL,
  throttle_reasons TEXT NOT NULL,
  samples_s BLOB NOT NULL,
  PRIMARY KEY (session, process, side, benchmark, environment)
) STRICT, WITHOUT ROWID;
)";

constexpr std::string_view kSecond = R"(
ALTER TABLE sessions ADD COLUMN digest TEXT;
CREATE UNIQUE INDEX sessions_digest ON sessions (digest) WHERE digest IS NOT NULL;
CREATE TABLE acceptances (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pattern TEXT NOT NULL,
  since INTEGER NOT NULL,
  reason TEXT NOT NULL,
  who TEXT NOT NULL,
  time_utc TEXT NOT NULL
) STRICT;
CREATE TABLE baselines (
  session INTEGER PRIMARY KEY REFERENCES sessions (id),
  time_utc TEXT NOT NULL
) STRICT;
)";

// No session was ever anything but finished. What tells a process from all others is kept, so that
// a copy of it is known in whatever company it comes.
constexpr std::string_view kThird = R"(
ALTER TABLE sessions DROP COLUMN status;
CREATE TABLE processes (
  session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  process INTEGER NOT NULL,
  side INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (session, process, side)
) STRICT, WITHOUT ROWID;
CREATE INDEX processes_digest ON processes (digest);
)";

// When a process ran, as its file states it: of a simulation every day's times may be the same.
constexpr std::string_view kFourth = R"(
ALTER TABLE processes ADD COLUMN measured_at TEXT NOT NULL DEFAULT '';
)";

constexpr std::array kMigrations = {kFirst, kSecond, kThird, kFourth};

std::int64_t version_of(const Database& database) {
  return database.integer("PRAGMA user_version");
}

void require_ours(const Database& database) {
  const std::string name = database.path().string();
  const bool empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (!empty && database.integer("PRAGMA application_id") != kApplication) {
    throw Error(ExitCode::invalid_input,
                name + " is a SQLite database of another program, not a history");
  }
  const std::int64_t version = version_of(database);
  if (version < 1 && !empty) {
    throw Error(ExitCode::invalid_input,
                name + " is damaged: it does not say of which schema it is");
  }
  if (version > static_cast<std::int64_t>(kMigrations.size())) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{} was written by a newer derate (its schema is {}, this one knows "
                            "{}): update derate",
                            name, version, kMigrations.size()));
  }
}

void migrate(Database& database) {
  database.change([&] {
    const std::int64_t version = version_of(database);  // another program may have been quicker
    for (std::size_t step = version; step < kMigrations.size(); ++step) {
      database.exec(std::string(kMigrations[step]));
    }
    database.exec(fmt::format("PRAGMA user_version = {}", kMigrations.size()));
    database.exec(fmt::format("PRAGMA application_id = {}", kApplication));
  });
}

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

void prepare(Database& database, Access access) {
  require_ours(database);
  const std::int64_t version = version_of(database);
  if (version == 0 && access != Access::create) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{} is empty, not a history: derate history add makes one",
                            database.path().string()));
  }
  if (version < static_cast<std::int64_t>(kMigrations.size())) migrate(database);
  database.run("PRAGMA foreign_keys = ON");
}

}  // namespace derate::history
