// SPDX-License-Identifier: Apache-2.0
// SQLite as this library needs it: a connection, statements and transactions that clean up after
// themselves, and its errors as one sentence with the right exit code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace derate::sqlite {

enum class Access { write, create };

class Connection {
 public:
  /// Opens without reading. Throws Error(invalid_input) where there is no file, unless `access` is
  /// create. Another program's lock is waited for, up to `wait_s`.
  Connection(std::filesystem::path path, Access access, double wait_s);

  void execute(const std::string& sql);
  [[nodiscard]] std::int64_t integer(const std::string& sql);
  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Throws what SQLite's result code means.
  [[noreturn]] void fail(int code) const;
  [[nodiscard]] sqlite3* get() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::filesystem::path path_;
  double wait_s_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Parameters and columns are counted from 0.
class Statement {
 public:
  Statement(Connection& connection, std::string_view sql);

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);            ///< NaN becomes NULL
  Statement& bind(int parameter, std::string_view value);  ///< must live until the step
  Statement& bind_blob(int parameter, std::span<const std::byte> value);  ///< likewise

  /// Whether there is a row.
  [[nodiscard]] bool step();
  /// Runs what gives no rows, and makes the statement ready for the next time.
  void run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double number(int column) const;  ///< NaN for NULL
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;  ///< until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code) const;

  Connection& connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Takes the write lock at once, so that two writers queue instead of failing half way; rolled back
/// unless committed. One within another is part of it.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_;
};

}  // namespace derate::sqlite
