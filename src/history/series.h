// SPDX-License-Identifier: Apache-2.0
// What a history remembers, as plain data: its sessions, and each benchmark's values over them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "derate/record.h"
#include "record/environment.h"

namespace derate::history {

/// Which binary a process ran, where two were interleaved.
enum class Side : std::int64_t { alone, base, candidate };

/// What is known of a session before it has any measurement.
struct SessionFacts {
  std::string time_utc;  ///< RFC 3339; empty means now
  std::string label;     ///< a commit, a build number
  std::string command;   ///< what was run or read
  std::string kind;      ///< the derate command that added it
  std::string host;
};

/// A session as `derate history list` shows it.
struct Session {
  std::int64_t id = 0;
  SessionFacts facts;
  std::int64_t processes = 0;
  std::int64_t benchmarks = 0;
  std::int64_t measurements = 0;
  std::int64_t failed = 0;  ///< measurements that are neither passed nor unstable
  bool pinned = false;
};

struct Acceptance {
  std::int64_t id = 0;
  std::string pattern;  ///< of BenchmarkResult::name(): itself, or with * and ?
  std::int64_t since = 0;
  std::string reason;
  std::string who;
  std::string time_utc;
};

/// A benchmark in a session, over its processes.
struct SessionValue {
  std::int64_t session = 0;
  double time_s = kUnknown;     ///< median over the processes; unknown where all failed
  double clock_hz = kUnknown;   ///< likewise
  std::int64_t processes = 0;   ///< that measured it
  std::int64_t failed = 0;      ///< and that could not
  std::string message;          ///< of one that could not
  std::string code_hash;        ///< empty when not known, or several
  std::size_t environment = 0;  ///< index into SeriesSet::environments
};

/// A benchmark on one kind of device, session by session, oldest first.
struct Series {
  std::string benchmark;  ///< BenchmarkResult::name()
  std::string identity;   ///< the number of its kind of machine, by machine_kinds()
  double amount = kUnknown;
  std::string unit;
  std::vector<SessionValue> values;
};

/// Everything that track needs of a history.
struct SeriesSet {
  std::vector<Environment> environments;
  std::vector<Session> sessions;  ///< oldest first
  std::vector<Series> series;
  std::vector<Acceptance> acceptances;
};

/// Whether an acceptance's pattern is this benchmark's name; * stands for any text, ? for any one
/// character.
[[nodiscard]] bool matches(const std::string& pattern, const std::string& benchmark);

}  // namespace derate::history
