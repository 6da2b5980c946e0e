// SPDX-License-Identifier: Apache-2.0
// Google Benchmark's JSON of one process, as it is written and as it should not be.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "unit/regression/results/results_file.h"

namespace derate {
namespace {

using GoogleBenchmarkJson = ResultsTest;

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

}  // namespace
}  // namespace derate
