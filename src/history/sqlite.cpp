// SPDX-License-Identifier: Apache-2.0
// Wraps SQLite's C interface; its result codes become Error with the exit code of the case: busy,
// damaged, read-only, not a history.
#include "history/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <system_error>
#include <utility>

#include "derate/error.h"
#include "derate/record.h"

namespace derate::sqlite {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown);
}

int flags_of(Access access) {
  // A reader may have to undo what a killed writer left, so it opens for writing where it can.
  const int create = access == Access::create ? SQLITE_OPEN_CREATE : 0;
  return SQLITE_OPEN_READWRITE | create;
}

}  // namespace

void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Connection::Connection(std::filesystem::path path, Access access, double wait_s)
    : path_(std::move(path)), wait_s_(wait_s) {
  if (access != Access::create && !is_there(path_)) {
    throw Error(
        ExitCode::invalid_input,
        fmt::format("there is no history at {}: derate history add makes one", path_.string()));
  }
  std::error_code unknown;
  if (is_there(path_) && !std::filesystem::is_regular_file(path_, unknown)) {
    throw Error(ExitCode::output, path_.string() + " cannot be written: it is not a regular file");
  }
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path_.c_str(), &opened, flags_of(access), nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, static_cast<int>(std::min(wait_s, 1e6) * 1000));
}

void Connection::fail(int code) const {
  const std::string name = path_.string();
  const std::string said = sqlite3_errmsg(handle_.get());
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ExitCode::output,
                  fmt::format("{} is being written by another program; waited {:g} s: try again, "
                              "or wait longer with --wait",
                              name, wait_s_));
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

void Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(handle_.get()); }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Connection& connection, std::string_view sql) : connection_(connection) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(connection.get(), sql.data(), static_cast<int>(sql.size()),
                                      &made, nullptr);
  statement_.reset(made);
  check(code);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) connection_.fail(code);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter + 1, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(std::isnan(value) ? sqlite3_bind_null(statement_.get(), parameter + 1)
                          : sqlite3_bind_double(statement_.get(), parameter + 1, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  const char* const data = value.data() == nullptr ? "" : value.data();  // null would be NULL
  check(sqlite3_bind_text(statement_.get(), parameter + 1, data, static_cast<int>(value.size()),
                          SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::span<const std::byte> value) {
  const void* const data = value.empty() ? static_cast<const void*>("") : value.data();
  check(sqlite3_bind_blob(statement_.get(), parameter + 1, data, static_cast<int>(value.size()),
                          SQLITE_STATIC));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) connection_.fail(code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::number(int column) const {
  const bool unknown = sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  return unknown ? kUnknown : sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* const data =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return "";
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* const data =
      static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Transaction::Transaction(Connection& connection)
    : connection_(connection), open_(sqlite3_get_autocommit(connection.get()) != 0) {
  if (open_) connection_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  if (open_) connection_.execute("COMMIT");
  open_ = false;
}

}  // namespace derate::sqlite
