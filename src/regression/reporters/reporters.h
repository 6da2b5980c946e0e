// SPDX-License-Identifier: Apache-2.0
// A comparison as text: for people, for machines, and for the programs that CI and monitoring are
// made of. Pure functions; docs/ci.md shows what each is for. Text that came from outside (names,
// reasons, labels) is made safe for the format as it is written (base/safe_text.h).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/line_width.h"
#include "derate/format.h"
#include "regression/verdict.h"

namespace derate {

/// As machines read it: "regression", ..., "not_comparable".
[[nodiscard]] std::string_view verdict_word(Verdict verdict);

/// "1 of 50 benchmarks is slower: gemm/tiled +3.1 % [2.9, 3.3]"; one line, whatever was found.
[[nodiscard]] std::string headline(const Comparison& comparison);

/// In one of the formats that every command has. People get those that are unchanged in one line,
/// unless `all`; machines get all. JSON is verdict_json(); CSV is the benchmarks alone. Lines for
/// people are of at most `width`, or as wide as they are in a log.
[[nodiscard]] std::string render_comparison(const Comparison& comparison, Format format, bool all,
                                            ExitCode end, std::size_t width = kAnyWidth);

inline constexpr std::int64_t kVerdictSchema = 1;

/// Everything, with the exit code that it ends with.
[[nodiscard]] std::string verdict_json(const Comparison& comparison, ExitCode end);
[[nodiscard]] std::string verdict_json_schema();
/// The fields of a benchmark in it, which are the columns of CSV too, as a Markdown table.
[[nodiscard]] std::string document_verdict_fields();

/// What GitHub takes as a step's summary, all steps' output in one file together.
inline constexpr std::size_t kMostSummaryBytes = std::size_t{1} << 20;

/// Markdown of at most `most_bytes`. Rows that do not fit are left out, unchanged ones first and
/// regressions last, and a sentence says how many. Empty where not even that sentence fits.
[[nodiscard]] std::string job_summary(const Comparison& comparison,
                                      std::size_t most_bytes = kMostSummaryBytes);

/// GitHub's workflow commands, one a line: ::error for what is slower or invalid, ::warning for
/// what could not be judged; at most `most`, of which the last then says how many are left out.
[[nodiscard]] std::string workflow_annotations(const Comparison& comparison, std::size_t most = 10);

/// JUnit XML: a test case for each benchmark. Failure is a regression, error what is invalid,
/// skipped what could not be judged.
[[nodiscard]] std::string junit_xml(const Comparison& comparison);

/// Lists for github-action-benchmark, of the candidate's figures that count: not those of what is
/// invalid, not comparable or due to the environment. Times, as customSmallerIsBetter ...
[[nodiscard]] std::string smaller_is_better(const Comparison& comparison);
/// ... and rates, where the amount is known, as customBiggerIsBetter.
[[nodiscard]] std::string bigger_is_better(const Comparison& comparison);

/// Bencher Metric Format, of the same benchmarks: latency in ns, the rate, candidate ÷ base.
[[nodiscard]] std::string bencher_metrics(const Comparison& comparison);

/// Gauges as text that OpenMetrics parsers and those of Prometheus' own format, such as
/// node_exporter's textfile collector, both read. Without time stamps on samples.
[[nodiscard]] std::string openmetrics(const Comparison& comparison);

/// A page with a forest plot of the changes, worst first.
[[nodiscard]] std::string comparison_html(const Comparison& comparison);

/// A format that --write takes.
struct FileFormat {
  std::string_view name;
  std::string (*text)(const Comparison& comparison, ExitCode end);
};

inline constexpr std::array kFileFormats = {
    FileFormat{"json", verdict_json},
    FileFormat{"markdown", [](const Comparison& c, ExitCode) { return job_summary(c); }},
    FileFormat{"junit", [](const Comparison& c, ExitCode) { return junit_xml(c); }},
    FileFormat{"smaller-is-better",
               [](const Comparison& c, ExitCode) { return smaller_is_better(c); }},
    FileFormat{"bigger-is-better",
               [](const Comparison& c, ExitCode) { return bigger_is_better(c); }},
    FileFormat{"bencher", [](const Comparison& c, ExitCode) { return bencher_metrics(c); }},
    FileFormat{"openmetrics", [](const Comparison& c, ExitCode) { return openmetrics(c); }},
    FileFormat{"html", [](const Comparison& c, ExitCode) { return comparison_html(c); }}};

}  // namespace derate
