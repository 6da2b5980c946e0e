// SPDX-License-Identifier: Apache-2.0
// Aggregates each earlier folder by itself, so that a run counts once however many rounds it had.
#include "report/earlier_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <system_error>

#include "derate/error.h"
#include "record/benchmark_name.h"
#include "record/load.h"
#include "stats/student_t.h"

namespace derate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFolders = 20;

/// BenchmarkResult::name() of the row.
std::string name_of(const Row& row) {
  Record record = *row.context;
  record.workload = row.workload;
  record.variant = row.variant;
  record.precision = row.precision;
  record.cache = row.cache;
  record.data = row.data;
  record.mode = row.mode;
  record.devices_at_once = row.devices_at_once;
  if (row.side_by_side) record.side_by_side = "others";
  const std::string name = benchmark_name(record);
  return row.problem.empty() ? name : name + " " + row.problem;
}

std::string history_key(const std::string& device_id, const std::string& benchmark) {
  return device_id + "\n" + benchmark;
}

/// Not row_key(): clocks and libraries change with a boot or an update, and the past is asked
/// whether that made anything slower.
std::string key_of(const Row& row) {
  return fmt::format("{}\n{}\n{}\n{}", history_key(row.context->device_id, name_of(row)),
                     row.provider, row.accumulator, row.instruction);
}

/// The folder of a run that a user names by itself or by its records.
fs::path folder_of(const fs::path& file) {
  std::error_code unknown;
  const fs::path whole = fs::weakly_canonical(fs::absolute(file, unknown), unknown);
  return fs::is_directory(whole, unknown) ? whole : whole.parent_path();
}

bool has_records(const fs::path& folder) {
  std::error_code unknown;
  return fs::is_regular_file(folder / "records.jsonl", unknown);
}

/// What `derate run --out FOLDER` makes in FOLDER for each of several devices: "cuda0".
bool is_one_of_several(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with("cuda") && name.find_first_not_of("0123456789", 4) == std::string::npos;
}

using Folders = std::set<fs::path, std::greater<>>;

/// The folders in `parent` that hold records, but for those at hand.
void add_folders(const fs::path& parent, const std::set<fs::path>& own, Folders& found) {
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator(parent, unknown)) {
    if (has_records(entry.path()) && !own.contains(entry.path())) found.insert(entry.path());
  }
}

/// Those beside `own` and within those of several devices, the newest first: their names begin with
/// the time.
std::vector<fs::path> beside(const std::set<fs::path>& own) {
  Folders found;
  for (const fs::path& folder : own) {
    fs::path runs = folder.parent_path();
    if (is_one_of_several(folder)) runs = runs.parent_path();
    add_folders(runs, own, found);
    std::error_code unknown;
    for (const auto& entry : fs::directory_iterator(runs, unknown)) {
      if (!has_records(entry.path())) add_folders(entry.path(), own, found);
    }
  }
  std::vector<fs::path> folders(found.begin(), found.end());
  folders.resize(std::min(folders.size(), kMostFolders));
  return folders;
}

}  // namespace

Usual usual_of(std::span<const double> figures, std::string source) {
  const auto n = static_cast<double>(figures.size());
  std::vector<double> logs;
  for (const double figure : figures) logs.push_back(std::log(figure));
  double mean = 0;
  for (const double log : logs) mean += log / n;
  double squares = 0;
  for (const double log : logs) squares += (log - mean) * (log - mean);
  const double half = figures.size() < 2 ? 0
                                         : student_t_exceeded(0.05, n - 1) *
                                               std::sqrt(squares / (n - 1) * (1 + 1 / n));
  return {std::exp(mean - half), std::exp(mean + half), static_cast<std::int64_t>(figures.size()),
          std::move(source)};
}

EarlierRuns::EarlierRuns(const std::vector<fs::path>& files) {
  std::set<fs::path> own;
  for (const fs::path& file : files) own.insert(folder_of(file));
  for (const fs::path& folder : beside(own)) add(folder);
}

void EarlierRuns::add(const fs::path& folder) {
  try {
    for (const Row& row : analyse({folder}, "").rows) {
      const bool right = row.outcome == Outcome::passed || row.outcome == Outcome::unstable;
      const bool alone = !(row.others_share > kSharedAbove) && !(row.other_processes > 0);
      if (right && alone && row.achieved.value > 0) {
        runs_[key_of(row)].push_back({row.context->time_utc, row.achieved.value});
      }
    }
  } catch (const Error&) {  // a file that is none of ours, or damaged: no run to compare with
  }
}

void EarlierRuns::add_from_history(const std::string& device_id, const std::string& benchmark,
                                   const Run& run) {
  from_history_[history_key(device_id, benchmark)].push_back(run);
}

std::optional<Usual> EarlierRuns::usual(const Row& row) const {
  const auto before = [&](const std::map<std::string, std::vector<Run>>& runs,
                          const std::string& key) {
    std::vector<double> rates;
    const auto found = runs.find(key);
    if (found == runs.end()) return rates;
    for (const Run& run : found->second) {
      if (run.time_utc < row.context->time_utc) rates.push_back(run.rate);
    }
    return rates;
  };
  const std::vector<double> rates = before(runs_, key_of(row));
  if (!rates.empty()) return usual_of(rates, "earlier runs");
  const std::vector<double> kept =
      before(from_history_, history_key(row.context->device_id, name_of(row)));
  if (!kept.empty()) return usual_of(kept, "the history");
  return std::nullopt;
}

}  // namespace derate
