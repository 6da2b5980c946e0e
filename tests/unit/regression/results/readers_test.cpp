// SPDX-License-Identifier: Apache-2.0
// What one process says, in both formats, as it is written and as it should not be.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "derate/error.h"
#include "golden/example_gpu.h"
#include "regression/results/benchmark_result.h"
#include "unit/own_path.h"

namespace derate {
namespace {

class ResultsTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return file_;
  }
  ProcessReport read(const std::string& text) { return read_process(write(text)); }

  /// The only result of Google Benchmark's JSON with these rows.
  BenchmarkResult only(const std::string& rows) {
    const ProcessReport report = read(google(rows));
    EXPECT_EQ(report.results.size(), 1u);
    return report.results.front();
  }

  std::string refusal(const std::string& text) {
    try {
      static_cast<void>(read(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      return error.what();
    }
    return "read";
  }

  static std::string google(const std::string& rows) {
    return R"({
  "context": {
    "date": "2026-01-02T03:04:05+00:00",
    "host_name": "example",
    "executable": "./example_bench",
    "num_cpus": 8,
    "mhz_per_cpu": 2600,
    "cpu_scaling_enabled": false,
    "caches": [],
    "load_avg": [0.5,0.25],
    "library_build_type": "release",
    "driver_version": "100.00",
    "colour": "blue"
  },
  "benchmarks": [
)" + rows + "\n  ]\n}\n";
  }

  static std::string row(const std::string& name, const std::string& time,
                         const std::string& more = "") {
    return R"({"name": ")" + name + R"(", "run_name": ")" + name +
           R"(", "run_type": "iteration", "iterations": 100, "real_time": )" + time +
           R"(, "cpu_time": 5.0, "time_unit": "us")" + more + "}";
  }

  static Record record(const std::string& run, double time_s) {
    Record result = example::with_samples(example::record(), time_s);
    result.run = run;
    return result;
  }

  std::filesystem::path folder_ = test::own_path("derate_results_");
  std::filesystem::path file_ = folder_ / "file";
};

using GoogleBenchmarkJson = ResultsTest;
using RecordsAsResults = ResultsTest;

TEST_F(GoogleBenchmarkJson, StatesATimeInItsUnit) {
  const BenchmarkResult result = only(row("BM_copy/8", "2.5"));
  EXPECT_EQ(result.name(), "BM_copy/8");
  EXPECT_EQ(result.filter_name, "BM_copy/8");
  EXPECT_EQ(result.outcome, Outcome::passed);
  EXPECT_DOUBLE_EQ(result.time_s, 2.5e-6);
}

TEST_F(GoogleBenchmarkJson, HasFourUnitsOfTime) {
  const auto time_s = [&](const std::string& unit) {
    return only(R"({"name": "a", "run_type": "iteration", "real_time": 3, "time_unit": ")" + unit +
                "\"}")
        .time_s;
  };
  EXPECT_DOUBLE_EQ(time_s("ns"), 3e-9);
  EXPECT_DOUBLE_EQ(time_s("us"), 3e-6);
  EXPECT_DOUBLE_EQ(time_s("ms"), 3e-3);
  EXPECT_DOUBLE_EQ(time_s("s"), 3);
  EXPECT_NE(refusal(google(row("a", "1") + R"(,
    {"name": "b", "run_type": "iteration", "real_time": 3, "time_unit": "fortnight"})"))
                .find("line 17: field \"benchmarks[1].time_unit\" is not ns, us, ms or s"),
            std::string::npos);
}

TEST_F(GoogleBenchmarkJson, RefusesFieldsOfAnotherType) {
  const auto said = [&](const std::string& more) {
    return refusal(
        google(R"({"name": "a", "run_type": "iteration", "real_time": 3, )" + more + "}"));
  };
  EXPECT_NE(said(R"("time_unit": 3)").find("\"benchmarks[0].time_unit\" is not ns, us, ms or s"),
            std::string::npos);
  EXPECT_NE(said(R"("time_unit": "ns", "error_occurred": "yes")")
                .find("\"benchmarks[0].error_occurred\" is neither true nor false"),
            std::string::npos);
  EXPECT_NE(refusal(std::string("\xff\xfe{\0\"\0", 6)).find("UTF-16"), std::string::npos);
}

TEST_F(GoogleBenchmarkJson, ATimeThatNoProgramTakesIsAFailure) {
  for (const char* const time : {"1e308", "1e-30"}) {
    const BenchmarkResult result = only(row("a", time));
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_NE(result.message.find("none that a program takes"), std::string::npos);
    EXPECT_TRUE(result.samples_s.empty());
  }
}

TEST_F(GoogleBenchmarkJson, PoolsRepetitionsAndLeavesAggregatesOut) {
  const BenchmarkResult result =
      only(row("a", "1") + "," + row("a", "9") + "," + row("a", "2") +
           R"(,{"name": "a_mean", "run_name": "a", "run_type": "aggregate",
               "aggregate_name": "mean", "real_time": 4, "time_unit": "us"})");
  EXPECT_EQ(result.samples_s.size(), 3u);
  EXPECT_DOUBLE_EQ(result.time_s, 2e-6);
}

TEST_F(GoogleBenchmarkJson, TakesTheMedianWhereOnlyAggregatesAre) {
  const auto aggregate = [](const std::string& name, const std::string& time) {
    return R"({"name": "a_)" + name + R"(", "run_name": "a", "run_type": "aggregate",
      "aggregate_name": ")" +
           name + R"(", "real_time": )" + time + R"(, "time_unit": "us"})";
  };
  const ProcessReport report = read(google(aggregate("mean", "4") + "," + aggregate("median", "3") +
                                           "," + aggregate("cv", "0.1")));
  ASSERT_EQ(report.results.size(), 1u);
  EXPECT_DOUBLE_EQ(report.results[0].time_s, 3e-6);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(report.notes[0], "a states no repetitions one by one; their median was taken");
  EXPECT_DOUBLE_EQ(only(aggregate("mean", "4")).time_s, 4e-6);
}

TEST_F(GoogleBenchmarkJson, MayNameAnAggregateThatTheNameDoesNotEndIn) {
  const std::string mean = R"({"name": "a", "run_type": "aggregate", "real_time": 4)";
  EXPECT_EQ(only(mean + R"(, "aggregate_name": "mean"})").benchmark, "a");
  EXPECT_THROW(read(google(mean + R"(, "aggregate_name": "longer than the name"})")), Error);
  EXPECT_THROW(read(google(mean + "}")), Error);
}

TEST_F(GoogleBenchmarkJson, OfOldVersionsHasNoRunNames) {
  const std::string old = R"({"name": "a", "real_time": 1, "time_unit": "us"},
    {"name": "a_mean", "real_time": 5, "time_unit": "us"},
    {"name": "a_BigO", "cpu_coefficient": 5})";
  EXPECT_DOUBLE_EQ(only(old).time_s, 1e-6);
}

TEST_F(GoogleBenchmarkJson, MayHoldWhatIsNoNumber) {
  const ProcessReport report = read(
      google(row("fine", "1", R"(, "NaN": NaN, "b": -NaN, "c": Infinity, "d": -Infinity, "e": nan,
                            "f": -inf, "say": "NaN \" Infinity")") +
             "," + row("a", "NaN") + "," + row("b", "Infinity") + "," + row("c", "nan") + "," +
             row("d", "0") + "," + row("e", "-1")));
  ASSERT_EQ(report.results.size(), 6u);
  EXPECT_EQ(report.results[0].outcome, Outcome::passed);
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(report.results[i].outcome, Outcome::failed);
    EXPECT_EQ(report.results[i].message, "its real_time is not a positive number");
    EXPECT_TRUE(std::isnan(report.results[i].time_s));
  }
}

TEST_F(GoogleBenchmarkJson, NamesErrorsAndSkippedRows) {
  const ProcessReport report = read(google(
      R"({"name": "a", "run_name": "a", "run_type": "iteration", "error_occurred": true,
          "error_message": "no device"},
         {"name": "b", "run_name": "b", "run_type": "iteration", "skipped": true,
          "skip_message": "not today"},
         {"name": "c", "run_name": "c", "run_type": "iteration"},)" +
      row("d", "1") +
      R"(,{"name": "d", "run_name": "d", "run_type": "iteration", "error_occurred": true,
           "error_message": "the second time"})"));
  ASSERT_EQ(report.results.size(), 4u);
  EXPECT_EQ(report.results[0].message, "no device");
  EXPECT_EQ(report.results[1].message, "skipped: not today");
  EXPECT_EQ(report.results[2].message, "it has no real_time");
  EXPECT_EQ(report.results[3].message, "the second time");
  EXPECT_EQ(report.results[1].outcome, Outcome::unsupported) << "on purpose";
  for (const std::size_t i : {0, 2, 3}) EXPECT_EQ(report.results[i].outcome, Outcome::failed);
}

TEST_F(GoogleBenchmarkJson, StatesRatesOverTheTimeThatItsNameSays) {
  const BenchmarkResult cpu = only(row("a", "10", R"(, "items_per_second": 2e6)"));
  EXPECT_DOUBLE_EQ(cpu.amount, 10);  // in 5 us of the processor
  EXPECT_EQ(cpu.amount_unit, "item");
  const BenchmarkResult real = only(row("a/manual_time", "10", R"(, "bytes_per_second": 2e6)"));
  EXPECT_DOUBLE_EQ(real.amount, 20);
  EXPECT_EQ(real.amount_unit, "B");
  EXPECT_EQ(only(row("a", "10")).amount_unit, "");
  EXPECT_EQ(only(row("a/real_time", "10", R"(, "FLOP/s": 2e6)")).amount_unit, "FLOP");
}

TEST_F(GoogleBenchmarkJson, MakesAnEnvironmentOfItsContext) {
  const ProcessReport report = read(google(row("a", "1")));
  ASSERT_EQ(report.environments.size(), 1u);
  const Environment& environment = report.environments[0];
  const auto hard = [&](const std::string& name) {
    for (const EnvironmentFact& fact : environment.facts) {
      if (fact.name == name) return fact.hard;
    }
    ADD_FAILURE() << name << " is missing";
    return false;
  };
  EXPECT_TRUE(hard("num_cpus"));
  EXPECT_TRUE(hard("cpu_scaling_enabled"));
  EXPECT_TRUE(hard("library_build_type"));
  EXPECT_TRUE(hard("driver_version"));  // as in a record
  EXPECT_FALSE(hard("host_name"));
  EXPECT_FALSE(hard("mhz_per_cpu"));
  EXPECT_FALSE(hard("executable"));
  EXPECT_FALSE(hard("colour"));
  EXPECT_EQ(environment.value("num_cpus"), "8");
  EXPECT_EQ(environment.value("cpu_scaling_enabled"), "false");
  EXPECT_EQ(environment.value("colour"), "blue");
  EXPECT_EQ(environment.value("date"), "");
  EXPECT_EQ(environment.value("load_avg"), "");
}

TEST_F(GoogleBenchmarkJson, MayStandBehindOtherOutput) {
  EXPECT_EQ(read("initialising {NaN}\nready\n" + google(row("a", "1"))).results.size(), 1u);
}

TEST_F(GoogleBenchmarkJson, IsRefusedWithFileAndLine) {
  const std::string whole = google(row("a", "1"));
  const std::string said = refusal(whole.substr(0, whole.size() - 8));
  EXPECT_NE(said.find(file_.string() + ", line 1"), std::string::npos) << said;
  EXPECT_NE(said.find("not JSON"), std::string::npos) << said;
  EXPECT_NE(refusal("{\"context\": {},\n \"benchmarks\": 7}")
                .find("line 2: field \"benchmarks\" is not a list"),
            std::string::npos);
  EXPECT_NE(refusal("{\"context\": {}}").find("field \"benchmarks\" is missing"),
            std::string::npos);
  EXPECT_NE(refusal(google("")).find("holds no measurement"), std::string::npos);
  EXPECT_NE(refusal(google("7")).find("field \"benchmarks[0]"), std::string::npos);
  EXPECT_NE(refusal(google("{\"run_type\": \"iteration\"}")).find("benchmarks[0].name"),
            std::string::npos);
}

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
