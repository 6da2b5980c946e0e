// SPDX-License-Identifier: Apache-2.0
// Records of one process or several as results, and what is of no format.
#include <gtest/gtest.h>

#include <string>

#include "unit/regression/results/results_file.h"

namespace derate {
namespace {

using RecordsAsResults = ResultsTest;

TEST_F(ResultsTest, WhatIsNeitherIsRefused) {
  EXPECT_EQ(refusal(""), file_.string() + " is empty");
  EXPECT_EQ(refusal("\n \n"), file_.string() + " is empty");
  EXPECT_EQ(refusal("hello\nworld"), file_.string() +
                                         " holds neither derate records nor JSON of one of these: "
                                         "nvbench, pytest-benchmark, Google Benchmark, a list of "
                                         "names and times; line 1 begins with \"hello\"");
  EXPECT_THROW(static_cast<void>(read_process(folder_ / "none")), Error);
}

TEST_F(RecordsAsResults, NameWhatTheProgramsFilterMatches) {
  Record r = record("run", 2e-3);
  r.device_index = 1;
  r.data = "zeros";
  r.code_hash = "abc";
  r.throttle_reasons = "power_cap,thermal";
  const ProcessReport report = read(to_json_line(r) + "\n");
  ASSERT_EQ(report.results.size(), 1u);
  const BenchmarkResult& result = report.results[0];
  EXPECT_EQ(result.benchmark, "cuda:1/gemm/tiled/f32 (zeros)");
  EXPECT_EQ(result.name(), "cuda:1/gemm/tiled/f32 (zeros) m:4096/n:4096/k:4096");
  EXPECT_EQ(result.filter_name, "cuda:1/gemm/tiled/f32/m:4096/n:4096/k:4096/zeros");
  EXPECT_DOUBLE_EQ(result.time_s, 2e-3);
  EXPECT_DOUBLE_EQ(result.amount, 38.4e9);
  EXPECT_EQ(result.amount_unit, "FLOP");
  EXPECT_EQ(result.code_hash, "abc");
  EXPECT_EQ(result.throttle_reasons, "power_cap,thermal");
  EXPECT_GT(result.clock_hz, 1e9);
  ASSERT_EQ(report.environments.size(), 1u);
  EXPECT_EQ(report.environments[0].value("driver_version"), "100.00");
}

TEST_F(RecordsAsResults, PoolTheRoundsOfAProcess) {
  Record second = record("run", 3e-3);
  second.throttle_reasons = "thermal";
  const ProcessReport report =
      read(to_json_line(record("run", 1e-3)) + "\n" + to_json_line(second) + "\n");
  ASSERT_EQ(report.results.size(), 1u);
  EXPECT_EQ(report.results[0].samples_s.size(), 24u);
  EXPECT_DOUBLE_EQ(report.results[0].time_s, 2e-3);
  EXPECT_EQ(report.results[0].throttle_reasons, "thermal");
}

TEST_F(RecordsAsResults, StayFailedWhenARoundFailed) {
  Record wrong = example::record();
  wrong.run = "run";
  wrong.outcome = "incorrect";
  wrong.message = "c[7] is 1, not 2";
  const ProcessReport report =
      read(to_json_line(record("run", 1e-3)) + "\n" + to_json_line(wrong) + "\n");
  ASSERT_EQ(report.results.size(), 1u);
  EXPECT_EQ(report.results[0].outcome, Outcome::incorrect);
  EXPECT_EQ(report.results[0].message, "c[7] is 1, not 2");
}

TEST_F(RecordsAsResults, MustNotStateDifferentWorkInOneProcess) {
  Record other = record("run", 1e-3);
  other.flops *= 2;
  const ProcessReport report =
      read(to_json_line(record("run", 1e-3)) + "\n" + to_json_line(other) + "\n");
  ASSERT_EQ(report.results.size(), 1u);
  EXPECT_EQ(report.results[0].outcome, Outcome::failed);
}

TEST_F(RecordsAsResults, KeepConditionsAndEnvironmentsApart) {
  Record hot = record("run", 1e-3);
  hot.cache = "hot";
  hot.driver_version = "200.00";
  const ProcessReport report =
      read(to_json_line(record("run", 1e-3)) + "\n" + to_json_line(hot) + "\n");
  ASSERT_EQ(report.results.size(), 2u);
  EXPECT_EQ(report.results[1].benchmark, "cuda/gemm/tiled/f32 (hot)");
  ASSERT_EQ(report.environments.size(), 2u);
  EXPECT_EQ(report.environments[report.results[1].environment].value("driver_version"), "200.00");
}

TEST_F(RecordsAsResults, OfSeveralRunsAreSeveralProcesses) {
  Record later = record("a", 1e-3);
  later.time_utc = "2026-01-02T03:05:00.000Z";
  Record earlier = record("b", 2e-3);
  earlier.time_utc = "2026-01-02T03:04:00.000Z";
  const std::string text =
      to_json_line(later) + "\n" + to_json_line(earlier) + "\n" + to_json_line(later) + "\n";
  const std::vector<ProcessReport> reports = read_processes(write(text));
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_DOUBLE_EQ(reports[0].results[0].time_s, 2e-3);
  EXPECT_EQ(reports[1].results[0].samples_s.size(), 24u);
  const ProcessReport together = read_process(file_);
  ASSERT_EQ(together.results.size(), 1u);
  EXPECT_EQ(together.results[0].samples_s.size(), 36u);
}

TEST_F(RecordsAsResults, LieInAFolderAndNameTheirBadLines) {
  std::ofstream(folder_ / "records.jsonl") << to_json_line(record("run", 1e-3)) << "\nhello\n";
  const ProcessReport report = read_process(folder_);
  EXPECT_EQ(report.results.size(), 1u);
  ASSERT_EQ(report.bad.size(), 1u);
  EXPECT_EQ(report.bad[0].line, 2);
}

}  // namespace
}  // namespace derate
