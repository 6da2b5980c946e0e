// SPDX-License-Identifier: Apache-2.0
// Opens the database of a history, and says what an error of SQLite means for it.
#include "history/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "derate/error.h"
#include "derate/record.h"

namespace derate::history {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, double wait_s,
                       const SQLite::Exception& error) {
  const std::string name = path.string();
  const char* const said = error.what();
  switch (error.getErrorCode() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ExitCode::output,
                  fmt::format("{} is being written by another program; waited {:g} s: try again, "
                              "or wait longer with --wait",
                              name, wait_s));
    case SQLITE_NOTADB:
      throw Error(ExitCode::invalid_input, name + " is not a history: no SQLite database");
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:  // of statements that are right: a table or a column is not there
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_SCHEMA:
      throw Error(ExitCode::invalid_input,
                  fmt::format("{} is damaged ({}); it was left as it is: restore a copy, or an "
                              "export with derate history import",
                              name, said));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_IOERR:
      throw Error(ExitCode::output, fmt::format("{} cannot be written: {}", name, said));
    default:
      throw Error(ExitCode::failed, fmt::format("{}: {}", name, said));
  }
}

SQLite::Database open(const std::filesystem::path& path, Access access, double wait_s) {
  std::error_code unknown;
  const bool is_there = std::filesystem::exists(path, unknown);
  if (access != Access::create && !is_there) {
    throw Error(
        ExitCode::invalid_input,
        fmt::format("there is no history at {}: derate history add makes one", path.string()));
  }
  if (is_there && !std::filesystem::is_regular_file(path, unknown)) {
    throw Error(ExitCode::output, path.string() + " cannot be written: it is not a regular file");
  }
  // A reader may have to undo what a killed writer left, so it opens for writing where it can. One
  // thread at a time uses a connection, as SQLiteCpp asks, so SQLite needs no lock at every call.
  const int flags = SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX |
                    (access == Access::create ? SQLite::OPEN_CREATE : 0);
  const int wait_ms = static_cast<int>(std::min(wait_s, 1e6) * 1000);
  try {
    return SQLite::Database(path.string(), flags, wait_ms);
  } catch (const SQLite::Exception& error) {
    fail(path, wait_s, error);
  }
}

}  // namespace

Database::Database(const std::filesystem::path& path, Access access, double wait_s)
    : SQLite::Database(open(path, access, wait_s)), path_(path), wait_s_(wait_s) {
  // What VACUUM and large sorts put aside would need a file in /var/tmp or the like, which under a
  // read-only root nobody can write.
  exec("PRAGMA temp_store = MEMORY");
}

void Database::checked(const std::function<void()>& work) const {
  try {
    work();
  } catch (const SQLite::Exception& error) {
    fail(path_, wait_s_, error);
  }
}

void Database::change(const std::function<void()>& work) {
  checked([&] {
    if (sqlite3_get_autocommit(getHandle()) == 0) {
      work();
      return;
    }
    SQLite::Transaction transaction(*this, SQLite::TransactionBehavior::IMMEDIATE);
    work();
    transaction.commit();
  });
}

void Database::each_row(const std::string& sql,
                        const std::function<void(SQLite::Statement&)>& use) const {
  checked([&] {
    SQLite::Statement row(*this, sql);
    while (row.executeStep()) use(row);
  });
}

void bind_number(SQLite::Statement& statement, int parameter, double value) {
  if (std::isnan(value)) {
    statement.bind(parameter);
  } else {
    statement.bind(parameter, value);
  }
}

double read_number(const SQLite::Statement& row, int column) {
  const SQLite::Column cell = row.getColumn(column);
  return cell.isNull() ? kUnknown : cell.getDouble();
}

}  // namespace derate::history
