// SPDX-License-Identifier: Apache-2.0
// Our own records as results.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "derate/statistics.h"
#include "derate/work.h"
#include "record/benchmark_name.h"
#include "record/read_lines.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

std::string filter_name_of(const Record& record) {
  return fmt::format("{}/{}{}", benchmark_path(record), record.problem,
                     record.data == "zeros" ? "/zeros" : "");
}

std::string unit_of(const Record& record) {
  if (bound_of(record) == Bound::latency) return "step";
  return bound_of(record) == Bound::compute ? "FLOP" : "B";
}

/// What tells an environment from others: the values of its facts, each with its length.
std::string identity_of(const Environment& environment) {
  std::string identity;
  for (const EnvironmentFact& fact : environment.facts) {
    identity += fmt::format("{}:{}", fact.value.size(), fact.value);
  }
  return identity;
}

/// The words of "power_cap,thermal" that are not yet there.
void add_reasons(std::string_view words, std::string& reasons) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    const bool known = ("," + reasons + ",").find(fmt::format(",{},", word)) != std::string::npos;
    if (!word.empty() && !known) reasons += (reasons.empty() ? "" : ",") + std::string(word);
  }
}

void set_outcome(Outcome outcome, std::string message, BenchmarkResult& result) {
  if (outcome <= result.outcome) return;
  result.outcome = outcome;
  result.message = std::move(message);
}

/// The results of one process, filled record by record.
class Collector {
 public:
  void add(const Record& record) {
    BenchmarkResult& result = observation_of(record);
    set_outcome(parse_outcome(record.outcome), record.message, result);
    add_reasons(record.throttle_reasons, result.throttle_reasons);
    if (record.samples_s.empty()) return;
    const double amount = amount_of(record);
    const std::string unit = unit_of(record);
    if (result.samples_s.empty()) {
      result.amount = amount;
      result.amount_unit = unit;
    } else if (result.amount != amount || result.amount_unit != unit) {
      set_outcome(Outcome::failed, "one process states different work for it", result);
    }
    result.samples_s.insert(result.samples_s.end(), record.samples_s.begin(),
                            record.samples_s.end());
    std::vector<double>& clocks = clocks_hz_[index_.at(result.name())];
    std::copy_if(record.clocks_hz.begin(), record.clocks_hz.end(), std::back_inserter(clocks),
                 [](double clock_hz) { return clock_hz > 0; });
  }

  [[nodiscard]] ProcessReport finish() {
    for (std::size_t i = 0; i < report_.results.size(); ++i) {
      BenchmarkResult& result = report_.results[i];
      result.time_s = median(result.samples_s);
      result.clock_hz = median(clocks_hz_[i]);
    }
    report_.are_records = true;
    return std::move(report_);
  }

 private:
  BenchmarkResult& observation_of(const Record& record) {
    BenchmarkResult fresh;
    fresh.benchmark = benchmark_name(record);
    fresh.problem = record.problem;
    const auto [entry, is_new] = index_.try_emplace(fresh.name(), index_.size());
    if (!is_new) {
      BenchmarkResult& known = report_.results[entry->second];
      if (known.code_hash != record.code_hash) known.code_hash.clear();  // of which round?
      return known;
    }
    fresh.filter_name = filter_name_of(record);
    fresh.environment = environment_index(record);
    fresh.code_hash = record.code_hash;
    clocks_hz_.emplace_back();
    return report_.results.emplace_back(std::move(fresh));
  }

  std::size_t environment_index(const Record& record) {
    Environment environment = environment_of(record);
    const auto [entry, is_new] =
        environments_.try_emplace(identity_of(environment), environments_.size());
    if (is_new) report_.environments.push_back(std::move(environment));
    return entry->second;
  }

  ProcessReport report_;
  std::map<std::string, std::size_t> index_;
  std::map<std::string, std::size_t> environments_;  ///< places in the report, by identity
  std::vector<std::vector<double>> clocks_hz_;       // of the result at the same place
};

}  // namespace

std::vector<ProcessReport> reports_of_records(InputFile& file, Runs runs) {
  struct Run {
    std::string first_utc;
    Collector collector;
  };
  std::vector<Run> all;
  std::map<std::string, std::size_t> places;
  ReadResult read = read_records(file, [&](const Record& record) {
    if (!record.stage.empty()) return;  // its work is not that of its name
    const std::string name = runs == Runs::apart ? record.run : "";
    const auto [entry, is_new] = places.try_emplace(name, all.size());
    if (is_new) all.push_back({record.time_utc, {}});
    Run& run = all[entry->second];
    run.first_utc = std::min(run.first_utc, record.time_utc);  // RFC 3339 in UTC sorts as text
    run.collector.add(record);
  });
  std::stable_sort(all.begin(), all.end(),
                   [](const Run& a, const Run& b) { return a.first_utc < b.first_utc; });
  std::vector<ProcessReport> reports;
  for (Run& run : all) reports.push_back(run.collector.finish());
  if (reports.empty()) reports.emplace_back();
  reports.front().bad = std::move(read.bad);
  return reports;
}

bool begins_records(std::string_view beginning) {
  return beginning.find("\"samples_s\"") != std::string_view::npos;
}

}  // namespace derate
