// SPDX-License-Identifier: Apache-2.0
// What one process said of its benchmarks: the unit of every comparison. Repetitions within a
// process share what it was born with (where its memory lies, the clocks it met), so that a process
// counts once, however many samples it took.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "derate/record_file.h"
#include "record/environment.h"

namespace derate {

/// One benchmark in one process.
struct BenchmarkResult {
  std::string benchmark;        ///< name without the problem; with it, unique within the process
  std::string problem;          ///< its size: "m:512/n:512/k:512", "n:4096"; may be empty
  std::string filter_name;      ///< what --benchmark_filter of its program has to match
  std::size_t environment = 0;  ///< index into ProcessReport::environments
  Outcome outcome = Outcome::passed;
  std::string message;            ///< why the outcome is not "passed"
  double time_s = kUnknown;       ///< of one launch or iteration; median of the samples
  double clock_hz = kUnknown;     ///< measured meanwhile; median of the samples
  double amount = kUnknown;       ///< FLOP, B or items of one launch; amount ÷ time is its rate
  std::string amount_unit;        ///< "FLOP", "B", "step", "item"; empty when not known
  std::string code_hash;          ///< of the machine code that ran; empty when not known
  std::string throttle_reasons;   ///< what held the clock down meanwhile
  std::vector<double> samples_s;  ///< every one, of one launch or iteration
  std::vector<double> cpu_samples_s;  ///< the same in CPU time; empty where it is not stated
  std::string beside_cpu_time;        ///< what of its work that is not: "runs 4 threads"; or empty
  double wall_s = kUnknown;           ///< where in_metric() made time_s CPU time

  /// Whether it has a time that counts.
  [[nodiscard]] bool is_measured() const {
    return outcome == Outcome::passed || outcome == Outcome::unstable;
  }
  /// Benchmark and problem: what pairs two processes' results.
  [[nodiscard]] std::string name() const {
    return problem.empty() ? benchmark : benchmark + " " + problem;
  }
};

struct ProcessReport {
  std::vector<Environment> environments;
  std::vector<BenchmarkResult> results;  ///< one a benchmark; its rounds or repetitions pooled
  std::vector<BadLine> bad;              ///< what could not be used, with its line
  std::string measured_at;               ///< as the file states it; empty where it does not
  bool are_records = false;              ///< written one by one, so that each is whole
  std::vector<std::string> notes;  ///< sentences on what was used in place of what was missing
  double load = kUnknown;          ///< load average when it began, where it states that
};

/// Reads what one process wrote: our records (JSON Lines; a folder that holds records.jsonl) or
/// JSON of one of kJsonFormats (readers.h), which may hold bare NaN and Infinity and have other
/// output around it. Throws Error(invalid_input), with file and line, when it is neither.
[[nodiscard]] ProcessReport read_process(const std::filesystem::path& path);

/// The same for records of several processes in one file: one report for each run, in the order in
/// which they began. A run is one process: its rounds are pooled.
[[nodiscard]] std::vector<ProcessReport> read_processes(const std::filesystem::path& path);

}  // namespace derate
