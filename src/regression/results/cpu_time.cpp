// SPDX-License-Identifier: Apache-2.0
// Swaps the times of each result, and tells which benchmarks CPU time does not describe.
#include "regression/results/cpu_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "derate/error.h"
#include "derate/statistics.h"

namespace derate {
namespace {

void take_cpu_time(BenchmarkResult& result) {
  result.benchmark += fmt::format(" ({})", to_string(Metric::cpu_time));
  if (!result.is_measured()) return;
  const bool by_cpu_timer = result.cpu_samples_s == result.samples_s;  // then there is no wall time
  result.wall_s = std::exchange(result.time_s, median(result.cpu_samples_s));
  if (by_cpu_timer) result.wall_s = kUnknown;
  result.samples_s = std::move(result.cpu_samples_s);
  result.cpu_samples_s.clear();
  if (!result.samples_s.empty()) return;
  result.outcome = Outcome::failed;
  result.message = "it states no CPU time";
}

void require_any_cpu_time(const ProcessReport& report) {
  const auto& results = report.results;
  const auto measured = std::find_if(results.begin(), results.end(),
                                     [](const auto& each) { return each.is_measured(); });
  const bool any = std::any_of(results.begin(), results.end(),
                               [](const auto& each) { return !each.cpu_samples_s.empty(); });
  if (any || measured == results.end()) return;
  throw Error(
      ExitCode::invalid_input,
      fmt::format("--metric cpu_time: {} states no CPU time{}; judge real_time", measured->name(),
                  report.are_records ? ", as no record of derate does" : ""));
}

std::string why_not(const BenchmarkResult& result) {
  // Less is seldom due to others, and often to threads of its own, which Google Benchmark cannot
  // see.
  constexpr double kLeastShare = 0.1;
  if (result.cpu_samples_s.empty()) return "states no CPU time";
  if (!result.beside_cpu_time.empty()) return result.beside_cpu_time;
  const double share = median(result.cpu_samples_s) / result.time_s;
  return share < kLeastShare ? fmt::format("waits for {:.0f} % of its time", 100 * (1 - share))
                             : "";
}

}  // namespace

ProcessReport in_metric(ProcessReport report, Metric metric) {
  if (metric == Metric::real_time) return report;
  require_any_cpu_time(report);
  for (BenchmarkResult& result : report.results) {
    if (result.is_measured() && !result.cpu_samples_s.empty() && !result.beside_cpu_time.empty()) {
      report.notes.push_back(fmt::format("the CPU time of {} is not all of its work: it {}",
                                         result.name(), result.beside_cpu_time));
    }
    take_cpu_time(result);
  }
  return report;
}

std::vector<ProcessReport> in_metric(std::vector<ProcessReport> reports, Metric metric) {
  for (ProcessReport& report : reports) report = in_metric(std::move(report), metric);
  return reports;
}

std::string why_not_cpu_time(std::span<const ProcessReport> reports) {
  for (const ProcessReport& report : reports) {
    for (const BenchmarkResult& result : report.results) {
      const std::string why = result.is_measured() ? why_not(result) : "";
      if (!why.empty()) return fmt::format("{} {}", result.name(), why);
    }
  }
  return "";
}

}  // namespace derate
