// SPDX-License-Identifier: Apache-2.0
// The formats of JSON besides Google Benchmark's: what is read of files that their programs made
// (data/README.md), and what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/input_file.h"
#include "derate/error.h"
#include "regression/results/cpu_time.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

const std::filesystem::path kData = DERATE_JSON_FORMATS;

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(report_of_json("x.json", text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::invalid_input);
    return error.what();
  }
  return "read";
}

void expect_refused(const std::string& text, const std::string& why) {
  EXPECT_EQ(refusal(text), "x.json" + why);
}

/// The text with the first `from` replaced.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Nvbench, StatesAreBenchmarks) {
  const ProcessReport report = read_process(kData / "nvbench.json");
  ASSERT_EQ(report.results.size(), 3U);
  const BenchmarkResult& copy = report.results[0];
  EXPECT_EQ(copy.name(), "copy Device=0 Elements=2^20");
  EXPECT_DOUBLE_EQ(copy.time_s, 5e-6);
  EXPECT_DOUBLE_EQ(copy.clock_hz, 1.98e9);
  EXPECT_DOUBLE_EQ(copy.amount, 8388608);
  EXPECT_EQ(copy.amount_unit, "B");
  EXPECT_TRUE(copy.cpu_samples_s.empty()) << "nvbench's CPU time is the host's wall clock";
  EXPECT_EQ(report.environments.at(copy.environment).value("device_name"), "NVIDIA H200");
  EXPECT_EQ(report.environments.at(copy.environment).value("device_architecture"), "900");
  EXPECT_EQ(report.notes.size(), 1U);
}

TEST(Nvbench, SkippedStatesAreUnsupportedAndThoseOfTheHostHaveNoDevice) {
  const ProcessReport report = read_process(kData / "nvbench.json");
  EXPECT_EQ(report.results[1].outcome, Outcome::unsupported);
  EXPECT_EQ(report.results[1].message, "skipped: out of memory");
  EXPECT_EQ(report.results[2].name(), "on_host");
  EXPECT_DOUBLE_EQ(report.results[2].time_s, 0.25);
  EXPECT_TRUE(report.environments.at(report.results[2].environment).facts.empty());
}

TEST(Nvbench, OfAnotherFormatIsRefused) {
  const std::string text = text_of_file(kData / "nvbench.json");
  expect_refused(with(text, "\"major\": 1", "\"major\": 2"),
                 ", line 8: field \"meta.version.json.major\" is of a format of nvbench that this "
                 "derate does not read");
  expect_refused(with(text, "\"version\"", "\"revision\""),
                 ", line 2: field \"meta.version\" is missing");
  expect_refused(with(text, "\"states\"", "\"configurations\""),
                 ", line 30: field \"benchmarks[0].states\" is missing");
}

TEST(Nvbench, WithoutATimeHasFailed) {
  const std::string text = text_of_file(kData / "nvbench.json");
  for (const char* const wrong : {"\"-5e-06\"", "\"soon\"", "null", "0"}) {
    const ProcessReport report = report_of_json("x.json", with(text, "\"5e-06\"", wrong));
    EXPECT_EQ(report.results[0].outcome, Outcome::failed) << wrong;
  }
}

TEST(PytestBenchmark, TestsAreBenchmarksAndRoundsSamples) {
  const ProcessReport report = read_process(kData / "pytest_benchmark_5.3.1.json");
  ASSERT_EQ(report.results.size(), 4U);
  EXPECT_EQ(report.results[0].name(), "test_sums.py::test_sum[100]");
  EXPECT_EQ(report.results[0].samples_s.size(), 5U);
  EXPECT_GT(report.results[0].time_s, 1e-7);
  EXPECT_LT(report.results[0].time_s, 1e-5);
  EXPECT_EQ(report.environments[0].value("device_name"), "Intel(R) Xeon(R) Processor");
  EXPECT_EQ(report.environments[0].value("num_cpus"), "2");
  EXPECT_EQ(report.environments[0].value("python_version"), "3.11.7");
  EXPECT_EQ(report.measured_at, "2026-11-30T08:26:04.046052+00:00");
}

TEST(PytestBenchmark, IsItsMedianWhereThereAreNoRounds) {
  const ProcessReport report = read_process(kData / "pytest_benchmark_3.4.1.json");
  ASSERT_EQ(report.results.size(), 4U);
  for (const BenchmarkResult& result : report.results) {
    EXPECT_EQ(result.samples_s.size(), 1U);
    EXPECT_GT(result.time_s, 0);
  }
}

TEST(PytestBenchmark, OfACpuTimerIsCpuTime) {
  const ProcessReport report = read_process(kData / "pytest_benchmark_5.3.1.json");
  EXPECT_TRUE(report.results[0].cpu_samples_s.empty());
  EXPECT_EQ(report.results[3].cpu_samples_s, report.results[3].samples_s);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_EQ(report.notes[0],
            "test_sums.py::test_by_cpu_time is timed by process_time, which is CPU time");
}

TEST(PytestBenchmark, OfAnotherFormatIsRefused) {
  const std::string text = text_of_file(kData / "pytest_benchmark_3.4.1.json");
  expect_refused(with(text, "\"stats\"", "\"statistics\""),
                 ", line 65: field \"benchmarks[0].stats\" is missing");
  expect_refused(with(text, "\"median\"", "\"middle\""),
                 ", line 82: field \"benchmarks[0].stats.median\" is missing");
  expect_refused(R"({"machine_info": {}, "benchmarks": [7]})",
                 ", line 1: field \"benchmarks[0]\" is not an object");
}

TEST(ListOfTimes, HasOneTimeOrSeveralInItsUnit) {
  const ProcessReport report = read_process(kData / "list_of_times.json");
  ASSERT_EQ(report.results.size(), 2U);
  EXPECT_EQ(report.results[0].name(), "sort");
  EXPECT_DOUBLE_EQ(report.results[0].time_s, 0.11);
  EXPECT_EQ(report.results[0].samples_s.size(), 3U);
  EXPECT_DOUBLE_EQ(report.results[1].time_s, 250e-6);
}

TEST(ListOfTimes, ThatIsWrongIsRefusedByField) {
  const auto row = [](const std::string& members) {
    return refusal("[{\"name\": \"a\", \"time_s\": 1},\n {" + members + "}]").substr(6);
  };
  EXPECT_EQ(row(R"("time_s": 1)"), ", line 2: field \"[1].name\" is missing");
  EXPECT_EQ(row(R"("name": "b")"), ", line 2: field \"[1].time_s\" is missing");
  EXPECT_EQ(row(R"("name": "a", "time_s": 1)"), ", line 2: field \"[1].name\" is there twice");
  EXPECT_EQ(row(R"("name": "b", "time_s": 1, "times_s": [1])"),
            ", line 2: field \"[1].time_s\" stands beside times_s");
  EXPECT_EQ(row(R"("name": "b", "times_s": [])"), ", line 2: field \"[1].times_s\" is empty");
  EXPECT_EQ(row(R"("name": "b", "time_s": 1, "unit": "h")"),
            ", line 2: field \"[1].unit\" is not ns, us, ms or s");
  for (const char* const time : {"0", "-1", "NaN", "1e300", "\"1\"", "[1]"}) {
    EXPECT_EQ(row(fmt::format(R"("name": "b", "time_s": {})", time)),
              ", line 2: field \"[1].time_s\" is no time that a program takes");
  }
  EXPECT_EQ(row(R"("name": "b", "times_s": [1, 0])"),
            ", line 2: field \"[1].times_s[1]\" is no time that a program takes");
}

TEST(JsonFormats, CutInTheMiddleAreRefused) {
  for (const auto& entry : std::filesystem::directory_iterator(kData)) {
    if (entry.path().extension() != ".json") continue;
    const std::string whole = text_of_file(entry.path());
    const std::size_t end = whole.find_last_of("}]");
    for (std::size_t length = 0; length < end; length += 1 + whole.size() / 97) {
      EXPECT_NE(refusal(whole.substr(0, length)), "read") << entry.path() << " " << length;
    }
  }
}

TEST(JsonFormats, WithoutAMeasurementAreRefused) {
  const char* const none = "holds no measurement";
  for (const char* const text :
       {"[]", R"({"context": {}, "benchmarks": []})", R"({"machine_info": {}, "benchmarks": []})",
        R"({"meta": {"argv": [], "version": {"json": {"major": 1}}}, "devices": [],
            "benchmarks": []})"}) {
    EXPECT_NE(refusal(text).find(none), std::string::npos) << refusal(text);
  }
}

TEST(JsonFormats, ThatNobodyKnowsAreNamed) {
  expect_refused("{\"results\": []}",
                 " is JSON of none of these: nvbench, pytest-benchmark, Google Benchmark, a list "
                 "of names and times");
}

TEST(JsonFormats, KeepBenchmarksOfOneNameApart) {
  const std::string text = text_of_file(kData / "nvbench.json");
  const ProcessReport report =
      report_of_json("x.json", with(text, "Elements=2^30", "Elements=2^20"));
  EXPECT_EQ(report.results[1].name(), "copy #2 Device=0 Elements=2^20");
}

}  // namespace
}  // namespace derate
