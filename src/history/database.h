// SPDX-License-Identifier: Apache-2.0
// The database of a history: SQLiteCpp with this project's settings, and what SQLite throws as one
// sentence with the right exit code.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace derate::history {

enum class Access { write, create };

/// What is used of SQLite::Database and its statements goes into checked() or change().
class Database : public SQLite::Database {
 public:
  /// Opens without reading. Throws Error(invalid_input) where there is no file, unless `access` is
  /// create. Another program's lock is waited for, up to `wait_s`.
  Database(const std::filesystem::path& path, Access access, double wait_s);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Throws as Error what SQLite throws in `work`.
  void checked(const std::function<void()>& work) const;
  /// The same in one transaction, undone if `work` throws; one within another is part of it. It
  /// takes the write lock at once, so that two writers queue instead of failing half way.
  void change(const std::function<void()>& work);

  /// Runs one statement that gives no rows.
  template <typename... Values>
  void run(const char* sql, const Values&... values) const {
    checked([&] {
      SQLite::Statement statement(*this, sql);
      SQLite::bind(statement, values...);
      statement.exec();
    });
  }
  /// The first number of the first row; 0 where there is none.
  template <typename... Values>
  [[nodiscard]] std::int64_t integer(const char* sql, const Values&... values) const {
    std::int64_t found = 0;
    checked([&] {
      SQLite::Statement row(*this, sql);
      SQLite::bind(row, values...);
      if (row.executeStep()) found = row.getColumn(0);
    });
    return found;
  }
  void each_row(const std::string& sql, const std::function<void(SQLite::Statement&)>& use) const;

 private:
  std::filesystem::path path_;
  double wait_s_;
};

/// Parameters are counted from 1. NaN becomes NULL, which is read as NaN; columns from 0.
void bind_number(SQLite::Statement& statement, int parameter, double value);
[[nodiscard]] double read_number(const SQLite::Statement& row, int column);

}  // namespace derate::history
