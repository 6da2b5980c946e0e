// SPDX-License-Identifier: Apache-2.0
// Google Benchmark's JSON as programs in the wild write it: several families of one name, rows that
// are skipped on purpose, log lines around it; and what only looks like it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "derate/error.h"
#include "regression/compare/compare.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

std::string row(const std::string& name, double time_ns, const std::string& more = "") {
  return fmt::format(
      R"({{"name": "{0}", "run_name": "{0}", "run_type": "iteration", "iterations": 9,
   "real_time": {1}, "cpu_time": {1}, "time_unit": "ns"{2}}})",
      name, time_ns, more);
}

std::string family(int family, int instance) {
  return fmt::format(R"(, "family_index": {}, "per_family_instance_index": {})", family, instance);
}

std::string json(const std::string& rows) {
  return "{\n \"context\": {\"num_cpus\": 8},\n \"benchmarks\": [\n" + rows + "\n ]\n}\n";
}

ProcessReport read(const std::string& text) { return report_of_json("x.json", text); }

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(read(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::invalid_input);
    return error.what();
  }
  return "read";
}

TEST(GoogleBenchmarkFamilies, OfOneNameAreBenchmarksOfTheirOwn) {
  const ProcessReport report =
      read(json(row("BM_Hash", 16, family(3, 0)) + "," + row("BM_Hash", 16.2, family(3, 0)) + "," +
                row("BM_Hash", 1604, family(4, 0)) + "," + row("BM_Hash", 99, family(4, 1)) + "," +
                row("BM_Sort", 5, family(5, 0))));
  ASSERT_EQ(report.results.size(), 4U);
  EXPECT_EQ(report.results[0].benchmark, "BM_Hash");
  EXPECT_EQ(report.results[0].samples_s.size(), 2U) << "repetitions of one";
  EXPECT_EQ(report.results[1].benchmark, "BM_Hash #2");
  EXPECT_DOUBLE_EQ(report.results[1].time_s, 1604e-9);
  EXPECT_EQ(report.results[2].benchmark, "BM_Hash #3");
  EXPECT_EQ(report.results[3].benchmark, "BM_Sort");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(report.results[i].filter_name, "BM_Hash");
}

// Numbers of families depend on the filter, and older versions have none.
TEST(GoogleBenchmarkFamilies, AreNumberedByTheirNameAlone) {
  const ProcessReport filtered =
      read(json(row("BM_Hash", 16, family(0, 0)) + "," + row("BM_Hash", 1604, family(1, 0))));
  EXPECT_EQ(filtered.results[1].benchmark, "BM_Hash #2");
  EXPECT_EQ(read(json(row("BM_Hash", 16) + "," + row("BM_Hash", 17))).results.size(), 1U);
}

TEST(GoogleBenchmarkSkipped, OnBothSidesIsANote) {
  const std::string skipped = row("BM_Avx", 0, R"(, "skipped": true, "skip_message": "no AVX")");
  const std::vector<ProcessReport> run{read(json(row("BM_Sum", 10) + "," + skipped))};
  const Comparison comparison = compare_runs(run, run, {});
  ASSERT_EQ(comparison.judgements.size(), 1U);
  EXPECT_EQ(comparison.judgements[0].benchmark, "BM_Sum");
  EXPECT_EQ(comparison.notes.at(0), "BM_Avx is not supported: skipped: no AVX");
  const std::vector<ProcessReport> measured{read(json(row("BM_Sum", 10) + "," + row("BM_Avx", 3)))};
  EXPECT_EQ(count(compare_runs(run, measured, {}), Verdict::invalid), 1);
  EXPECT_EQ(count(compare_runs(measured, run, {}), Verdict::invalid), 1);
}

TEST(GoogleBenchmarkText, AroundTheJsonIsPassedOver) {
  const std::string good = json(row("BM_Sum", 10));
  for (const std::string& text :
       {"loading {weights}\n" + good, good + "done in 3 s {ok}\n", "[I] one\n\n" + good + "\nbye",
        "loading ... " + good + " took 3 s",
        "{\"level\": \"info\", \"say\": \"[\"}\n" + good +
            "{\"level\": \"info\", \"say\": \"]\"}\n"}) {
    EXPECT_EQ(read(text).results.size(), 1U) << text;
  }
  const std::string wrong = refusal("a log line\n" + json(R"({"run_type": "iteration"})"));
  EXPECT_NE(wrong.find("x.json, line 5"), std::string::npos) << wrong;
}

// Rows that begin and end lines of their own.
TEST(GoogleBenchmarkText, WithinTheJsonIsKept) {
  const std::string compact =
      "{\"benchmarks\":[\n" + row("a", 1) + "\n,\n" + row("b", 2) + "\n]}\n";
  EXPECT_EQ(read(compact).results.size(), 2U);
  EXPECT_EQ(read(" " + compact).results.size(), 2U);
  EXPECT_EQ(read(compact + "done {ok}\n").results.size(), 2U);
  EXPECT_EQ(read("{\"benchmarks\": [" + row("a", 1) + "]} done\nbye }\n").results.size(), 1U);
}

TEST(GoogleBenchmarkText, CutInTheMiddleIsRefused) {
  const std::string whole = json(row("a", 1) + ",\n" + row("b", 2));
  for (std::size_t length = 1; length + 2 < whole.size(); length += 7) {
    EXPECT_NE(refusal(whole.substr(0, length)), "read") << length;
  }
}

}  // namespace
}  // namespace derate
