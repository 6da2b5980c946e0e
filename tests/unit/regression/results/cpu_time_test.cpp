// SPDX-License-Identifier: Apache-2.0
// Results by CPU time: what they are called, what they keep, and what has none.
#include "regression/results/cpu_time.h"

#include <gtest/gtest.h>

#include <string>

#include "derate/error.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

std::string row(const std::string& name, const std::string& times, const std::string& more = "") {
  return R"({"name": ")" + name + R"(", "run_type": "iteration", "time_unit": "us", )" + times +
         more + "}";
}

ProcessReport read(const std::string& rows) {
  return report_of_json("x.json", R"({"context": {"load_avg": [7.5, 1]},)"
                                  R"("benchmarks": [)" +
                                      rows + "]}");
}

constexpr const char* kTimes = R"("real_time": 9, "cpu_time": 2)";

TEST(CpuTime, TakesThePlaceOfWallTimeUnderAnotherName) {
  const ProcessReport report =
      in_metric(read(row("a", kTimes) + "," + row("a", R"("real_time": 7, "cpu_time": 3)")),
                Metric::cpu_time);
  ASSERT_EQ(report.results.size(), 1U);
  const BenchmarkResult& result = report.results.front();
  EXPECT_EQ(result.name(), "a (cpu_time)");
  EXPECT_EQ(result.filter_name, "a");
  EXPECT_DOUBLE_EQ(result.time_s, 2.5e-6);
  EXPECT_DOUBLE_EQ(result.wall_s, 8e-6);
  EXPECT_EQ(result.samples_s.size(), 2U);
  EXPECT_DOUBLE_EQ(report.load, 7.5);
  EXPECT_TRUE(report.notes.empty());
}

TEST(CpuTime, IsNotTakenForWallTime) {
  const ProcessReport report = in_metric(read(row("a", kTimes)), Metric::real_time);
  EXPECT_EQ(report.results.front().name(), "a");
  EXPECT_DOUBLE_EQ(report.results.front().time_s, 9e-6);
}

TEST(CpuTime, ThatABenchmarkDoesNotStateIsAFailureOfIt) {
  const ProcessReport report =
      in_metric(read(row("a", kTimes) + "," + row("b", R"("real_time": 9)")), Metric::cpu_time);
  EXPECT_EQ(report.results.at(1).outcome, Outcome::failed);
  EXPECT_EQ(report.results.at(1).message, "it states no CPU time");
}

TEST(CpuTime, ThatNoneStatesIsRefused) {
  try {
    static_cast<void>(in_metric(read(row("b", R"("real_time": 9)")), Metric::cpu_time));
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::invalid_input);
    EXPECT_STREQ(error.what(), "--metric cpu_time: b states no CPU time; judge real_time");
  }
}

TEST(CpuTime, IsNotAllOfWhatSomeBenchmarksDo) {
  const auto why = [](const std::string& name, const std::string& more = "") {
    const ProcessReport report = read(row("a", kTimes) + "," + row(name, kTimes, more));
    return why_not_cpu_time({&report, 1});
  };
  EXPECT_EQ(why("b/4"), "");
  EXPECT_EQ(why("real_time_is_a_name"), "");
  EXPECT_EQ(why("BM_in_real_time"), "");
  EXPECT_EQ(why("b", R"(, "threads": 1)"), "");
  EXPECT_EQ(why("b/threads:4", R"(, "threads": 4)"), "b/threads:4 runs 4 threads");
  EXPECT_EQ(why("b/8/threads:16"), "b/8/threads:16 runs 16 threads") << "as before 1.5";
  EXPECT_EQ(why("b/8/manual_time"), "b/8/manual_time times itself (manual_time)");
  EXPECT_EQ(why("b/real_time/threads:1"),
            "b/real_time/threads:1 asks for the wall clock (real_time)");
  EXPECT_EQ(why("b/process_time"), "b/process_time has threads of its own (process_time)");
}

TEST(CpuTime, IsNotAllOfWhatWaitsForNearlyAllOfItsTime) {
  const auto why = [](const std::string& cpu_time) {
    const ProcessReport report = read(row("b", R"("real_time": 100, "cpu_time": )" + cpu_time));
    return why_not_cpu_time({&report, 1});
  };
  EXPECT_EQ(why("11"), "");
  EXPECT_EQ(why("3"), "b waits for 97 % of its time");
}

TEST(CpuTime, ThatIsAskedForAllTheSameIsNoted) {
  const ProcessReport report = in_metric(read(row("b/manual_time", kTimes)), Metric::cpu_time);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_EQ(report.notes.front(),
            "the CPU time of b/manual_time is not all of its work: it times itself (manual_time)");
}

}  // namespace
}  // namespace derate
