// SPDX-License-Identifier: Apache-2.0
// What --metric auto takes for runs that are over.
#include "regression/compare/metric_of_runs.h"

#include <gtest/gtest.h>

#include <vector>

namespace derate {
namespace {

std::vector<ProcessReport> run(double load, const std::string& beside_cpu_time = "") {
  ProcessReport report;
  report.load = load;
  report.environments.push_back({{{"num_cpus", "4", true}}});
  BenchmarkResult result;
  result.benchmark = "BM_a";
  result.time_s = 1;
  result.samples_s = {1};
  result.cpu_samples_s = {1};
  result.beside_cpu_time = beside_cpu_time;
  report.results.push_back(result);
  return {report};
}

TEST(MetricOfRuns, IsCpuTimeWhereOneBeganUnderLoad) {
  const MetricDecision decided = metric_of_runs(run(0.5), run(9));
  EXPECT_EQ(decided.metric, Metric::cpu_time);
  EXPECT_EQ(decided.sentence(), "--metric auto took cpu_time: a load of 9.0 on 4 cores");
}

TEST(MetricOfRuns, IsWallTimeOnAQuietMachineOrAnUnknownOne) {
  EXPECT_EQ(metric_of_runs(run(0.5), run(1)).metric, Metric::real_time);
  EXPECT_EQ(metric_of_runs(run(kUnknown), run(kUnknown)).metric, Metric::real_time);
}

TEST(MetricOfRuns, IsWallTimeOfWhatCpuTimeDoesNotDescribe) {
  const MetricDecision decided = metric_of_runs(run(9), run(9, "runs 4 threads"));
  EXPECT_EQ(decided.metric, Metric::real_time);
  EXPECT_EQ(decided.why, "BM_a runs 4 threads");
}

}  // namespace
}  // namespace derate
