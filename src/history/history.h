// SPDX-License-Identifier: Apache-2.0
// A history of measurements: one SQLite file that several programs may write to (docs/history.md).
// Whatever fails throws Error: invalid_input where the file is not what it should be, output where
// it cannot be written or is locked for too long.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "history/database.h"
#include "history/series.h"
#include "regression/results/benchmark_result.h"

namespace derate::history {

/// One row of the table of measurements, with what it refers to.
struct Measurement {
  std::int64_t session = 0;
  std::int64_t process = 0;
  Side side = Side::alone;
  std::string measured_at;  ///< ProcessReport::measured_at; not read back by each_measurement()
  BenchmarkResult result;   ///< its environment is an index into History::environments()
};

struct Added {
  std::int64_t session = 0;
  bool already_there = false;  ///< the same measurements were added before, in this session
  std::int64_t left_out = 0;   ///< processes that other sessions have already
};

class History {
 public:
  /// `wait_s` is how long another program's lock is waited for.
  History(const std::filesystem::path& path, Access access, double wait_s = 10);

  /// One session of these processes, in one transaction. A process is not stored a second time: a
  /// copy would confirm itself, and make the sessions look steadier than they are. `sides` are
  /// those of the processes; empty where none were interleaved.
  Added add(const SessionFacts& facts, std::span<const ProcessReport> processes,
            std::span<const Side> sides = {});
  /// The same of measurements whose environments are indices into `environments`.
  Added add(const SessionFacts& facts, std::span<const Measurement> measurements,
            std::span<const Environment> environments);
  /// The session that these very measurements are, if they were added.
  [[nodiscard]] std::optional<std::int64_t> find(std::span<const ProcessReport> processes,
                                                 std::span<const Side> sides = {});
  /// The session that has this very process, if there is one.
  [[nodiscard]] std::optional<std::int64_t> session_with(const ProcessReport& process);

  [[nodiscard]] std::vector<Session> sessions();  ///< oldest first
  /// Throws Error(usage) for a session that is not there.
  [[nodiscard]] Session session(std::int64_t id);
  /// By the index that BenchmarkResult::environment holds in what each_measurement() gives.
  [[nodiscard]] std::vector<Environment> environments();
  /// Every measurement of a session, or of all; the argument is only valid during the call.
  void each_measurement(std::optional<std::int64_t> session,
                        const std::function<void(const Measurement&)>& use);
  /// ProcessReport::measured_at of a session's processes, where their files stated it.
  void each_time(std::int64_t session,
                 const std::function<void(std::int64_t process, Side side,
                                          const std::string& measured_at)>& use);
  /// The newest `window` sessions up to `until`, or to the newest of all.
  [[nodiscard]] SeriesSet series(std::int64_t window, std::optional<std::int64_t> until = {});

  void pin(std::int64_t id);
  void unpin(std::int64_t id);
  std::int64_t accept(const Acceptance& acceptance);
  [[nodiscard]] std::vector<Acceptance> acceptances();

  /// Removes sessions and what only they referred to, and gives the room back to the disk.
  void remove(std::span<const std::int64_t> sessions);

  /// Every fault that SQLite finds in the file, or a time of a session that is none; empty when it
  /// is sound. Throws Error(invalid_input) for the first of what is invalid otherwise.
  [[nodiscard]] std::vector<std::string> faults();

  /// For whoever changes several things in one transaction.
  [[nodiscard]] Database& database() { return database_; }

 private:
  [[noreturn]] void refuse(const std::string& what) const;
  [[nodiscard]] std::optional<std::int64_t> find(const std::string& digest);

  /// Notes an environment, if it is new. Throws NoSense for facts that are none.
  void take_environment(std::int64_t id, const std::string& facts);
  /// The index of the environment in this row. Throws NoSense where there is no such row.
  [[nodiscard]] std::size_t environment_place(std::int64_t id);

  Database database_;
  std::vector<Environment> environments_;  ///< as far as read: an index stays that of its row
  std::map<std::int64_t, std::size_t> environment_places_;  ///< of the rows
};

}  // namespace derate::history
