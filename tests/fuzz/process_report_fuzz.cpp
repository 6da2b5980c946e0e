// SPDX-License-Identifier: Apache-2.0
// What a process wrote, derate's records or Google Benchmark's JSON: every result is of a time that
// can be computed with.
#include <cmath>

#include "fuzz.h"
#include "regression/compare/compare.h"
#include "regression/results/benchmark_result.h"
#include "regression/results/cpu_time.h"

namespace derate::fuzz {
namespace {

void require_sense(const ProcessReport& report) {
  for (const BenchmarkResult& result : report.results) {
    require(result.environment < report.environments.size(), "a result has no environment");
    for (const double sample_s : result.samples_s) {
      require(sample_s > 0 && std::isfinite(sample_s), "a sample is no time");
    }
    require(result.outcome != Outcome::passed || result.time_s > 0, "a passed result has no time");
  }
}

void read_reports(std::string_view input) {
  const std::vector<ProcessReport> reports = read_processes(file_of(input));
  require(!reports.empty(), "nothing was read, and nothing said");
  for (const ProcessReport& report : reports) require_sense(report);
  for (const ProcessReport& report : reports) require_sense(in_metric(report, Metric::cpu_time));
  static_cast<void>(compare_runs(reports, reports, {}));
}

const Registered process_report({"process_report", read_reports});

}  // namespace
}  // namespace derate::fuzz
