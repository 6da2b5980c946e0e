// SPDX-License-Identifier: Apache-2.0
// Sorts records into products and their rounds, and takes each product apart.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "attribution/stage_series.h"
#include "attribution/waterfall.h"
#include "record/load.h"

namespace derate {
namespace {

/// What is multiplied, where and under which conditions, whoever does it.
std::string product_of(const Record& record) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", record.device_id, record.workload,
                     record.precision, record.problem, record.data, record.cache, record.mode);
}

std::string program_of(const Record& record) {
  return fmt::format("{}\n{}\n{}", record.variant, record.provider, record.accumulator);
}

void by_time(std::vector<Record>& records) {
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return a.time_utc < b.time_utc;  // RFC 3339 in UTC sorts as text
  });
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
  read_attribution(runs, device, attribution, bad);
  return attribution.waterfalls();
}

void Attribution::add(const Record& record) {
  if (record.bound == to_string(Bound::memory) && !record.stage.empty()) {
    streams_.push_back(record);
  }
  if (record.bound != to_string(Bound::compute)) return;
  (record.stage.empty() ? plain_ : staged_).push_back(record);
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
    if (stages.rounds.empty()) continue;
    const Record& whole = *find_stage(stages.rounds.front(), Stage::whole);
    for (const Record& record : plain_) {
      if (!is_measured(record) || product_of(record) != product_of(whole)) continue;
      const bool same_program = program_of(record) == program_of(whole);
      if (same_program && !record.side_by_side.empty()) continue;
      if (same_program) {
        (record.devices_at_once > 1 ? stages.at_once : stages.independent).push_back(record);
      } else if (!record.library.empty() && record.devices_at_once == 1) {
        stages.libraries.push_back(record);
      }
    }
    by_time(stages.independent);
    by_time(stages.at_once);
    by_time(stages.libraries);
    if (std::optional<Waterfall> waterfall = waterfall_of(stages)) {
      waterfalls.push_back(std::move(*waterfall));
    }
  }
  return waterfalls;
}

std::vector<StreamWaterfall> Attribution::streams() const { return stream_waterfalls(streams_); }

std::vector<std::string> Attribution::refusals() const {
  std::vector<std::string> reasons;
  std::vector<Record> all = staged_;
  all.insert(all.end(), streams_.begin(), streams_.end());
  for (const Record& record : all) {
    if (is_measured(record)) continue;
    std::string reason = fmt::format("{} {} {} {}, {}: {}", record.workload, record.variant,
                                     record.precision, record.problem, record.stage,
                                     record.message.empty() ? record.outcome : record.message);
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
      reasons.push_back(std::move(reason));
    }
  }
  return reasons;
}

}  // namespace derate
