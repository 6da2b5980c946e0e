// SPDX-License-Identifier: Apache-2.0
// Medians over the processes of a run, benchmark by benchmark.
#include "regression/compare/run_as_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "derate/statistics.h"
#include "regression/results/arm.h"

namespace derate {
namespace {

/// One benchmark in every process of a run.
class OfRun {
 public:
  explicit OfRun(const std::vector<NamedResults>& run, const std::string& name) {
    for (const NamedResults& process : run) {
      const BenchmarkResult* const result = process.find(name);
      if (result == nullptr) continue;
      found_.push_back(result);
      environments_.push_back(&process.report().environments.at(result->environment));
    }
  }

  [[nodiscard]] BenchmarkResult as_one(std::size_t processes) const {
    BenchmarkResult one = *found_.front();
    for (const BenchmarkResult* each : found_) {
      if (!each->is_measured()) return *each;
      if (each->code_hash != one.code_hash) one.code_hash.clear();
      if (each != found_.front()) one.throttle_reasons += "," + each->throttle_reasons;
    }
    one.message = why_no_run(processes);
    if (!one.message.empty()) one.outcome = Outcome::failed;
    one.time_s = median(all([](const BenchmarkResult& each) { return each.time_s; }));
    one.clock_hz = median(all([](const BenchmarkResult& each) { return each.clock_hz; }));
    one.amount = median(all([](const BenchmarkResult& each) { return each.amount; }));
    one.wall_s = median(all([](const BenchmarkResult& each) { return each.wall_s; }));
    return one;
  }
  [[nodiscard]] const Environment& environment() const { return *environments_.front(); }

 private:
  /// Why its processes are not those of one run; empty where they are.
  [[nodiscard]] std::string why_no_run(std::size_t processes) const {
    if (found_.size() < processes) {
      return fmt::format("missing in {} of {} processes", processes - found_.size(), processes);
    }
    for (const Environment* each : environments_) {
      for (const EnvironmentDifference& fact : differences(environment(), *each)) {
        if (!fact.hard) continue;
        return fmt::format(
            "the processes of its run differ themselves: {} is {} in one and {} in "
            "another",
            fact.name, fact.base, fact.candidate);
      }
    }
    return "";
  }

  template <class Figure>
  [[nodiscard]] std::vector<double> all(Figure figure) const {
    std::vector<double> figures;
    for (const BenchmarkResult* each : found_) figures.push_back(figure(*each));
    return figures;
  }

  std::vector<const BenchmarkResult*> found_;
  std::vector<const Environment*> environments_;
};

}  // namespace

ProcessReport run_as_process(std::span<const ProcessReport> run) {
  const std::vector<NamedResults> processes = named(run);
  ProcessReport report;
  std::set<std::string> done;
  for (const ProcessReport& process : run) {
    report.bad.insert(report.bad.end(), process.bad.begin(), process.bad.end());
    report.notes.insert(report.notes.end(), process.notes.begin(), process.notes.end());
    for (const BenchmarkResult& result : process.results) {
      if (!done.insert(result.name()).second) continue;
      const OfRun of_run(processes, result.name());
      report.results.push_back(of_run.as_one(run.size()));
      report.results.back().environment = report.environments.size();
      report.environments.push_back(of_run.environment());
    }
  }
  return report;
}

}  // namespace derate
