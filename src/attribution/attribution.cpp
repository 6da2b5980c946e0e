// SPDX-License-Identifier: Apache-2.0
// Sorts records into products and their rounds, and takes each product apart.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "attribution/stage_series.h"
#include "attribution/waterfall.h"
#include "base/standard_streams.h"
#include "derate/error.h"
#include "record/load.h"

namespace derate {
namespace {

/// What is multiplied, where, by which build and under which conditions, whoever does it.
std::string product_of(const Record& record) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", record.device_id,
                     record.driver_version, record.tool_commit, record.compute_units,
                     record.peak_per_clock, record.workload, record.precision, record.problem,
                     record.data, record.cache, record.mode);
}

std::string program_of(const Record& record) {
  return fmt::format("{}\n{}\n{}", record.variant, record.provider, record.accumulator);
}

void by_time(std::vector<Record>& records) {
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return a.time_utc < b.time_utc;  // RFC 3339 in UTC sorts as text
  });
}

/// Of each round the record that was measured next after it, or else the latest before, each once:
/// what lies far apart in time says little of the other. Rounds without one are left out.
std::vector<Record> beside(std::vector<std::vector<Record>>& rounds, std::vector<Record> records) {
  by_time(records);
  if (records.empty()) return {};
  std::vector<Record> chosen;
  std::vector<std::vector<Record>> left;
  std::vector<bool> taken(records.size());
  for (std::vector<Record>& round : rounds) {
    const std::string& ended = round.front().time_utc;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const bool is_before = records[i].time_utc < ended;
      if (taken[i] || (best && !is_before && records[*best].time_utc >= ended)) continue;
      best = i;
    }
    if (!best) continue;
    taken[*best] = true;
    chosen.push_back(std::move(records[*best]));
    left.push_back(std::move(round));
  }
  rounds = std::move(left);
  return chosen;
}

/// Leaves out of each round what has no clock where the whole has one, and rounds that lack a stage
/// which others have: those were cut. Returns how many rounds.
std::size_t leave_whole_rounds(std::vector<std::vector<Record>>& rounds) {
  std::size_t most = 0;
  for (std::vector<Record>& round : rounds) {
    const bool clocked = has_clock(*find_stage(round, Stage::whole));
    std::erase_if(round, [&](const Record& record) {
      return !is_measured(record) || (clocked && !has_clock(record));
    });
    most = std::max(most, round.size());
  }
  return std::erase_if(rounds, [&](const auto& round) { return round.size() < most; });
}

/// The file, or those of a folder that are there.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) return {path};
  std::vector<std::filesystem::path> files;
  for (const char* name : {"records.jsonl", kStagesFile}) {
    if (std::filesystem::exists(path / name, failed)) files.push_back(path / name);
  }
  // Reading says what is wrong with a folder that holds neither.
  return files.empty() ? std::vector{path} : files;
}

}  // namespace

void read_attribution(const std::vector<std::filesystem::path>& paths, const std::string& device,
                      Attribution& attribution, std::vector<BadLine>& bad) {
  for (const std::filesystem::path& path : paths) {
    for (const std::filesystem::path& file : files_of(path)) {
      ReadResult result = read_records(file, [&](const Record& record) {
        if (is_of_device(record, device)) attribution.add(record);
      });
      std::move(result.bad.begin(), result.bad.end(), std::back_inserter(bad));
    }
  }
}

std::vector<Waterfall> waterfalls_of_runs(const std::vector<std::filesystem::path>& paths,
                                          const std::string& device) {
  std::vector<std::filesystem::path> runs;
  std::error_code failed;
  for (const std::filesystem::path& path : paths) {
    if (std::filesystem::exists(path / kStagesFile, failed)) runs.push_back(path);
  }
  if (runs.empty()) return {};
  std::vector<BadLine> bad;  // those of the records were named when they were read
  Attribution attribution;
  for (const std::filesystem::path& run : runs) {
    try {
      read_attribution({run}, device, attribution, bad);
    } catch (const Error& error) {  // the records are there: the report says less
      say("derate", error.what());
    }
  }
  return attribution.waterfalls();
}

void Attribution::add(const Record& record) {
  if (record.bound == to_string(Bound::memory) && !record.stage.empty()) {
    streams_.push_back(record);
  }
  if (record.bound != to_string(Bound::compute)) return;
  const bool is_new =
      seen_
          .insert(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", record.run, record.time_utc, record.stage,
                              record.devices_at_once, product_of(record), program_of(record)))
          .second;
  if (is_new) (record.stage.empty() ? plain_ : staged_).push_back(record);
}

std::vector<Waterfall> Attribution::waterfalls() const {
  // In the order in which products came.
  std::vector<std::string> order;
  std::map<std::string, std::map<std::string, std::vector<Record>>> products;
  for (const Record& record : staged_) {
    const std::string key = product_of(record) + "\n" + program_of(record);
    if (std::find(order.begin(), order.end(), key) == order.end()) order.push_back(key);
    products[key][record.run + "\n" + record.side_by_side].push_back(record);
  }
  std::vector<Waterfall> waterfalls;
  for (const std::string& key : order) {
    MeasuredStages stages;
    for (const auto& [began, round] : products[key]) {
      if (find_stage(round, Stage::whole)) stages.rounds.push_back(round);
    }
    // By when they began, not by the names of their runs.
    std::stable_sort(stages.rounds.begin(), stages.rounds.end(), [](const auto& a, const auto& b) {
      return a.front().time_utc < b.front().time_utc;
    });
    if (stages.rounds.empty()) continue;
    stages.rounds_left_out = leave_whole_rounds(stages.rounds);
    const Record whole = *find_stage(stages.rounds.front(), Stage::whole);
    for (const Record& record : plain_) {
      if (!is_measured(record) || product_of(record) != product_of(whole)) continue;
      if (has_clock(whole) && !has_clock(record)) continue;
      const bool same_program = program_of(record) == program_of(whole);
      if (same_program && !record.side_by_side.empty()) continue;
      if (same_program) {
        (record.devices_at_once > 1 ? stages.at_once : stages.independent).push_back(record);
      } else if (!record.library.empty() && record.devices_at_once == 1) {
        stages.libraries.push_back(record);
      }
    }
    stages.independent = beside(stages.rounds, std::move(stages.independent));
    by_time(stages.at_once);
    by_time(stages.libraries);
    if (std::optional<Waterfall> waterfall = waterfall_of(stages)) {
      waterfalls.push_back(std::move(*waterfall));
    }
  }
  return waterfalls;
}

std::vector<StreamWaterfall> Attribution::streams() const { return stream_waterfalls(streams_); }

std::vector<Record> Attribution::latest_wholes() const {
  const auto latest =
      std::max_element(staged_.begin(), staged_.end(),
                       [](const Record& a, const Record& b) { return a.time_utc < b.time_utc; });
  std::vector<Record> wholes;
  for (const Record& record : staged_) {
    const bool is_whole = record.stage == to_string(Stage::whole) && is_measured(record);
    if (is_whole && record.run == latest->run) wholes.push_back(record);
  }
  return wholes;
}

bool Attribution::has_wrong_results() const {
  const auto is_wrong = [](const Record& record) {
    return parse_outcome(record.outcome) == Outcome::incorrect;
  };
  return std::any_of(staged_.begin(), staged_.end(), is_wrong) ||
         std::any_of(streams_.begin(), streams_.end(), is_wrong);
}

std::vector<std::string> Attribution::refusals() const {
  std::vector<std::string> reasons;
  std::vector<Record> all = staged_;
  all.insert(all.end(), streams_.begin(), streams_.end());
  for (const Record& record : all) {
    if (is_measured(record)) continue;
    std::string reason =
        fmt::format("{} {} {} {}: {}", record.workload, record.variant, record.precision,
                    record.problem, record.message.empty() ? record.outcome : record.message);
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
      reasons.push_back(std::move(reason));
    }
  }
  return reasons;
}

}  // namespace derate
