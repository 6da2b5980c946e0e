// SPDX-License-Identifier: Apache-2.0
// The registry as Google Benchmark benchmarks: one benchmark per workload, problem and device, one
// Google Benchmark iteration per round.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autotune.h"
#include "backend/selection.h"
#include "derate/error.h"
#include "derate/record_file.h"
#include "opened.h"
#include "options.h"
#include "progress.h"
#include "tuning_lookup.h"

namespace derate::bench {

class BenchmarkSet {
 public:
  /// Opens the devices and selects everything that `filter` (Google Benchmark's regular expression,
  /// with a leading '-' for "all but") selects. Throws Error(usage) when that is nothing.
  BenchmarkSet(const Options& options, const std::vector<Selected>& devices,
               const std::string& filter);

  /// Registers the selected benchmarks with Google Benchmark.
  void register_all();

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// "16 benchmarks, 80 rounds: measuring takes 8 s to 28 s, ...": what the user is in for.
  [[nodiscard]] std::string announcement() const;
  [[nodiscard]] Progress& progress() { return progress_; }
  /// What a user is to know of the tuning table.
  [[nodiscard]] std::vector<std::string> tuning_notes() const { return tuned_.notes(); }
  /// What --derate_tune can choose between.
  [[nodiscard]] std::vector<Tunable> tunables() const;
  /// What the program is to end with.
  [[nodiscard]] ExitCode exit_code();
  /// A device was lost, and whoever watches is to have another process go on with the rest.
  [[nodiscard]] bool wants_restart() const;

 private:
  struct Entry {
    const Workload* workload;
    Problem problem;
    DataPattern data;
    std::shared_ptr<Opened> device;
    std::string name;
    bool tuned = false;  ///< `workload` is in the tuning table's configuration
    int skip = 0;        ///< rounds that an earlier process of this run has recorded
    std::optional<bool> first_had_figure = {};  ///< set by the first round of this process
    std::optional<int> group = {};              ///< of those that are measured side by side
    /// Of rounds that were measured when it was the turn of another of its group.
    std::deque<Record> measured = {};
  };

  [[nodiscard]] std::vector<Entry> select(const std::vector<Selected>& devices,
                                          const std::string& expression) const;
  /// Leaves of each workload the largest problem: its stages take many times as long as it.
  static std::vector<Entry> largest(std::vector<Entry> entries);
  /// Leaves what can be measured side by side. Throws Error(usage) when that is nothing.
  static std::vector<Entry> in_groups(std::vector<Entry> entries, const std::string& expression);
  /// Puts entries into the configuration that the tuning table has for them.
  void configure();
  void skip_recorded();
  /// Records the row that ended the process before this one.
  void record_failed();
  /// Tells whoever watches what will be recorded.
  void tell_plan() const;
  /// An entry and those that are measured side by side with it.
  [[nodiscard]] std::vector<Entry*> together_with(Entry& entry);
  /// Measures one round of entries that belong together, or says why that is not possible.
  void fill(std::span<Entry* const> entries, const Plan& plan, std::span<Record> records);
  [[nodiscard]] Plan plan_of(const Entry& entry) const;
  /// The records of a round of an entry and those that belong to it, before it is measured.
  [[nodiscard]] std::vector<Record> records_of(std::span<Entry* const> entries,
                                               const Plan& plan) const;
  /// Says in the records of an entry which stage each is of.
  static void name_stages(const Entry& entry, std::span<Record> records);
  void write(const Entry& entry, const Record& record);
  /// Measures and writes one round of an entry and those that belong to it.
  void measure_together(Entry& entry);
  /// One round of an entry; the result is what Google Benchmark is to be told.
  [[nodiscard]] std::optional<Record> run_round(Entry& entry);

  Options options_;
  Tuned tuned_;
  std::deque<Workload> configured_;  ///< those of the registry that were given a configuration
  std::vector<Entry> entries_;
  Progress progress_;
  std::unique_ptr<RecordWriter> writer_;
  bool lost_ = false;
  std::optional<Error> broken_;  ///< the records file could not be written
  bool failed_ = false;
};

}  // namespace derate::bench
