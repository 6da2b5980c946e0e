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
#include "record/load.h"
#include "stats/student_t.h"

namespace derate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFolders = 20;

std::string key_of(const Row& row) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", row.context->device_id, row.workload,
                     row.variant, row.precision, row.problem, row.mode, row.cache, row.data,
                     row.devices_at_once);
}

/// The folder of a run that a user names by itself or by its records.
fs::path folder_of(const fs::path& file) {
  std::error_code unknown;
  const fs::path whole = fs::weakly_canonical(fs::absolute(file, unknown), unknown);
  return fs::is_directory(whole, unknown) ? whole : whole.parent_path();
}

/// Those with records beside `own`, the newest first: their names begin with the time.
std::vector<fs::path> beside(const std::set<fs::path>& own) {
  std::set<fs::path, std::greater<>> found;
  for (const fs::path& folder : own) {
    std::error_code unknown;
    for (const auto& entry : fs::directory_iterator(folder.parent_path(), unknown)) {
      if (own.contains(entry.path())) continue;
      if (fs::is_regular_file(entry.path() / "records.jsonl", unknown)) found.insert(entry.path());
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
        rates_[key_of(row)].push_back(row.achieved.value);
      }
    }
  } catch (const Error&) {  // a file that is none of ours, or damaged: no run to compare with
  }
}

std::optional<Usual> EarlierRuns::usual(const Row& row) const {
  const auto found = rates_.find(key_of(row));
  if (found == rates_.end()) return std::nullopt;
  return usual_of(found->second, "earlier runs");
}

}  // namespace derate
