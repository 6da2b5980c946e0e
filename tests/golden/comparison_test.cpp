// SPDX-License-Identifier: Apache-2.0
// Every format of a comparison byte for byte, of one that is invented and holds every verdict of a
// gate. The same files are given to the programs that they are for (tests/interop/ci).
#include <gtest/gtest.h>

#include "golden/example_comparison.h"
#include "golden/golden_file.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

using golden::expect_golden;

std::string rendered(Format format, bool all = false) {
  const Comparison comparison = example::comparison();
  return render_comparison(comparison, format, all, exit_code(comparison));
}

TEST(GoldenComparison, Table) { expect_golden("comparison.txt", rendered(Format::table)); }

TEST(GoldenComparison, TableOfAll) {
  expect_golden("comparison_all.txt", rendered(Format::table, true));
}

TEST(GoldenComparison, Markdown) { expect_golden("comparison.md", rendered(Format::markdown)); }

TEST(GoldenComparison, Csv) { expect_golden("comparison.csv", rendered(Format::csv)); }

TEST(GoldenComparison, Json) { expect_golden("comparison.json", rendered(Format::json)); }

TEST(GoldenComparison, JobSummary) {
  expect_golden("comparison_summary.md", job_summary(example::comparison()));
}

TEST(GoldenComparison, Annotations) {
  expect_golden("comparison_annotations.txt", workflow_annotations(example::comparison()));
}

TEST(GoldenComparison, JUnit) {
  expect_golden("comparison_junit.xml", junit_xml(example::comparison()));
}

TEST(GoldenComparison, SmallerIsBetter) {
  expect_golden("comparison_smaller.json", smaller_is_better(example::comparison()));
}

TEST(GoldenComparison, BiggerIsBetter) {
  expect_golden("comparison_bigger.json", bigger_is_better(example::comparison()));
}

TEST(GoldenComparison, Bencher) {
  expect_golden("comparison_bencher.json", bencher_metrics(example::comparison()));
}

TEST(GoldenComparison, OpenMetrics) {
  expect_golden("comparison.prom", openmetrics(example::comparison()));
}

TEST(GoldenComparison, HoldsEveryVerdict) {
  const Comparison comparison = example::comparison();
  for (int verdict = 0; verdict <= static_cast<int>(Verdict::not_comparable); ++verdict) {
    EXPECT_GE(count(comparison, static_cast<Verdict>(verdict)), 1) << verdict;
  }
}

}  // namespace
}  // namespace derate
