// SPDX-License-Identifier: Apache-2.0
// Puts measurements into their tables: statements prepared once, and what was seen before
// remembered, so that a million of them cost little more than their bytes.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "history/history.h"

namespace derate::history {

class Writer {
 public:
  explicit Writer(Database& database);

  std::int64_t add_session(const SessionFacts& facts, const std::string& digest);
  /// Keeps what tells each process of these from others; those of one stand together.
  void add_processes(std::int64_t session, std::span<const Measurement> measurements);
  std::int64_t environment_row(const Environment& environment);
  /// `environment` is a row; the result's own index is not looked at.
  void add(std::int64_t session, std::int64_t process, Side side, std::int64_t environment,
           const BenchmarkResult& result);

 private:
  std::int64_t benchmark_row(const BenchmarkResult& result);

  Database& database_;
  SQLite::Statement measurement_;
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> benchmarks_;
  std::map<std::string, std::int64_t> environments_;  // by their facts as JSON
  std::vector<std::byte> bytes_;
};

/// What is stored or imported and is invalid; whoever knows where adds that.
struct NoSense {
  std::string sentence;
};

/// Facts as they are stored: [["driver_version", "580.1", true], ...].
[[nodiscard]] std::string facts_json(const Environment& environment);
/// Throws NoSense.
[[nodiscard]] Environment environment_from(const std::string& facts);

/// Samples as little-endian doubles, on any machine.
void to_bytes(std::span<const double> samples, std::vector<std::byte>& bytes);
/// Throws NoSense for a length that no samples have.
[[nodiscard]] std::vector<double> from_bytes(std::span<const std::byte> bytes);

/// Throws NoSense for a side or a time that no process has, or an outcome that is none.
void require_sense(std::int64_t side, const std::string& outcome, double time_s);

/// What tells two sets of measurements apart: names, times and samples, and when their processes
/// ran where that is known, not where they were found. Empty where nothing was measured.
[[nodiscard]] std::string digest_of(std::span<const Measurement> measurements);
/// The same of one process, whichever it was, whatever side it ran and whenever.
[[nodiscard]] std::string process_digest(const ProcessReport& process);
[[nodiscard]] std::string process_digest(std::span<const Measurement> measurements);

}  // namespace derate::history
