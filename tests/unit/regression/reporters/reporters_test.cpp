// SPDX-License-Identifier: Apache-2.0
// What the formats of a comparison keep to whatever they are given: sizes, order, escaping.
#include "regression/reporters/reporters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/fit_text.h"
#include "golden/example_comparison.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/comparison_page.h"

namespace derate {
namespace {

/// `count` of them, the last ones slower, with reasons of `bytes`.
Comparison many(std::size_t unchanged, std::size_t slower, std::size_t bytes = 10) {
  Comparison comparison = example::comparison();
  comparison.judgements.clear();
  const std::string reason(bytes, 'x');
  for (std::size_t i = 0; i < unchanged + slower; ++i) {
    const bool is_slower = i >= unchanged;
    comparison.judgements.push_back(
        example::judgement((is_slower ? "slow_" : "same_") + std::to_string(i),
                           is_slower ? Verdict::regression : Verdict::unchanged, reason,
                           {1e-3, is_slower ? 0.05 : 0.0}));
  }
  return comparison;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(ComparisonHeadline, NamesTheWorst) {
  EXPECT_EQ(headline(many(49, 1)), "1 of 50 benchmarks is slower: slow_49 +5.0 % [4.8, 5.2]");
  EXPECT_EQ(headline(many(48, 2)),
            "2 of 50 benchmarks are slower: slow_48 +5.0 % [4.8, 5.2] and 1 more");
  EXPECT_EQ(headline(many(1, 0)), "none of 1 benchmark is slower: 1 unchanged");
  EXPECT_EQ(headline({}), "nothing was compared");
}

TEST(ComparisonHeadline, DoesNotPassForAPassWhatCouldNotBeJudged) {
  Comparison comparison = many(3, 0);
  comparison.judgements[1].verdict = Verdict::invalid;
  EXPECT_EQ(headline(comparison),
            "no slowdown was confirmed, but 1 of 3 benchmarks could not be judged: 1 invalid, 2 "
            "unchanged");
}

TEST(ComparisonExitCode, CountsOnlyWhatItIsTold) {
  const Comparison all = example::comparison();
  EXPECT_EQ(exit_code(all), ExitCode::regression);
  EXPECT_EQ(exit_code(all, std::array{Verdict::inconclusive}), ExitCode::inconclusive);
  EXPECT_EQ(exit_code(all, std::array{Verdict::not_comparable}), ExitCode::not_comparable);
  EXPECT_EQ(exit_code(many(5, 0), std::array{Verdict::regression}), ExitCode::ok);
  EXPECT_EQ(exit_code({}, std::array{Verdict::regression}), ExitCode::invalid_input);
}

// The first nights of a history fail no job, unless somebody asks for that.
TEST(Collecting, PassesAndSaysThatItIsNoVerdict) {
  Comparison comparison = many(2, 0);
  for (Judgement& each : comparison.judgements) each.verdict = Verdict::collecting;
  EXPECT_EQ(headline(comparison), "no verdict yet: 2 benchmarks are collecting sessions");
  EXPECT_EQ(exit_code(comparison), ExitCode::ok);
  EXPECT_EQ(exit_code(comparison, std::array{Verdict::collecting}), ExitCode::inconclusive);
  EXPECT_EQ(workflow_annotations(comparison), "");
  const std::string junit = junit_xml(comparison);
  EXPECT_EQ(occurrences(junit, "<skipped type=\"collecting\""), 2U);
  EXPECT_NE(junit.find("skipped=\"2\""), std::string::npos) << junit;
  comparison.judgements[0].verdict = Verdict::unchanged;
  EXPECT_EQ(headline(comparison),
            "none of 2 benchmarks is slower: 1 collecting sessions, 1 unchanged");
}

TEST(CpuTime, IsSaidOnceAndShowsTheWallTime) {
  Comparison comparison = many(1, 1);
  const auto rendered = [&](Format format) {
    return render_comparison(comparison, format, true, ExitCode::regression);
  };
  for (const Format format : {Format::table, Format::markdown}) {
    EXPECT_EQ(rendered(format).find("wall"), std::string::npos);
  }
  comparison.metric = Metric::cpu_time;
  for (Judgement& each : comparison.judgements) each.candidate_wall_s = 0.123;
  const std::string note = "judged by CPU time: waiting";
  for (const std::string& text : {rendered(Format::table), rendered(Format::markdown),
                                  junit_xml(comparison), comparison_html(comparison)}) {
    EXPECT_EQ(occurrences(text, note), 1U) << text.substr(0, 2000);
  }
  for (const Format format : {Format::table, Format::markdown}) {
    EXPECT_NE(rendered(format).find("wall: candidate"), std::string::npos);
    EXPECT_NE(rendered(format).find("123.0 ms"), std::string::npos);
  }
  EXPECT_NE(rendered(Format::json).find("\"metric\": \"cpu_time\""), std::string::npos);
}

TEST(ComparisonTable, FitsATerminal) {
  Comparison comparison = example::comparison();
  for (Judgement& each : comparison.judgements) each.benchmark += std::string(60, 'n');
  comparison.notes.push_back(std::string(300, 'w') + " " + std::string(90, 'v'));
  for (const std::string& line :
       lines_of(render_comparison(comparison, Format::table, true, ExitCode::ok))) {
    EXPECT_LE(fit_text::width(line), 110U) << line;
  }
}

TEST(ComparisonTable, KeepsNamesApart) {
  Comparison comparison = example::comparison();
  comparison.judgements.clear();
  const std::string half(50, 'a');
  for (const char* const middle : {"1", "2"}) {
    comparison.judgements.push_back(
        example::judgement(half + middle + half, Verdict::regression, "", {}));
  }
  const std::string text = render_comparison(comparison, Format::table, true, ExitCode::ok);
  EXPECT_NE(text.find(half + "1" + half), std::string::npos);
  EXPECT_NE(text.find(half + "2" + half), std::string::npos);
}

TEST(ComparisonTable, HidesTheUnchangedUnlessAsked) {
  const Comparison comparison = many(3, 1);
  const std::string brief = render_comparison(comparison, Format::table, false, ExitCode::ok);
  const std::string all = render_comparison(comparison, Format::table, true, ExitCode::ok);
  EXPECT_EQ(occurrences(brief, "same_"), 0U);
  EXPECT_NE(brief.find("3 unchanged"), std::string::npos);
  EXPECT_EQ(occurrences(all, "same_"), 3U);
}

TEST(ComparisonSummary, StaysWithinItsSizeAndKeepsRegressions) {
  const Comparison comparison = many(40, 20, 900);
  for (std::size_t most = 2000; most < 60000; most += 331) {
    const std::string text = job_summary(comparison, most);
    EXPECT_LE(text.size(), most);
    const std::size_t slower = occurrences(text, "| `slow_");
    const std::size_t same = occurrences(text, "| `same_");
    EXPECT_TRUE(same == 0 || slower == 20) << slower << " slower, " << same << " unchanged";
    const std::size_t missing = 60 - slower - same;
    if (missing < 2) continue;  // "1 of the rows is", or no sentence
    EXPECT_NE(text.find(std::to_string(missing) + " of the rows are left out"), std::string::npos);
  }
  EXPECT_EQ(job_summary(comparison, 20), "");
}

TEST(ComparisonSummary, IsUnderGitHubsLimitHoweverLongTheTexts) {
  EXPECT_LE(job_summary(many(50, 3000, 5000)).size(), 1048576U);
  Comparison comparison = many(0, 2);
  comparison.judgements[0].benchmark = std::string(2'000'000, 'n');
  comparison.notes.assign(3000, std::string(5000, 'w'));
  const std::string text = job_summary(comparison);
  EXPECT_LE(text.size(), 1048576U);
  EXPECT_EQ(occurrences(text, "**regression**"), 2U);
}

TEST(ComparisonAnnotations, AreTenAtMostRegressionsFirst) {
  Comparison comparison = many(2, 9);
  EXPECT_EQ(lines_of(workflow_annotations(comparison)).size(), 9U);
  comparison = many(2, 30);
  comparison.judgements.front().verdict = Verdict::invalid;
  const std::vector<std::string> lines = lines_of(workflow_annotations(comparison));
  ASSERT_EQ(lines.size(), 10U);
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_TRUE(lines[i].starts_with("::error title=regression%3A"));
  EXPECT_NE(lines[9].find("::22 more benchmarks"), std::string::npos) << lines[9];
}

TEST(ComparisonAnnotations, SayNothingWhereNothingIsWrong) {
  EXPECT_EQ(workflow_annotations(many(5, 0)), "");
  EXPECT_TRUE(workflow_annotations({}).starts_with("::error"));
}

TEST(ComparisonJson, HoldsEveryBenchmarkAndNoNaN) {
  const auto json =
      nlohmann::json::parse(verdict_json(example::comparison(), ExitCode::regression));
  EXPECT_EQ(json["judgements"].size(), example::comparison().judgements.size());
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["counts"]["not_comparable"], 1);
  EXPECT_EQ(json["judgements"][0]["verdict"], "regression");
  EXPECT_TRUE(json["judgements"][2]["base_s"].is_null());
}

TEST(ComparisonBencher, KeepsLongNamesApart) {
  Comparison comparison = many(0, 2);
  for (Judgement& each : comparison.judgements) {
    each.benchmark = std::string(2000, 'n') + each.benchmark;
    each.amount_unit = std::string(100, 'U');
  }
  const auto json = nlohmann::json::parse(bencher_metrics(comparison));
  ASSERT_EQ(json.size(), 2U);
  for (const auto& [name, measures] : json.items()) {
    EXPECT_LE(name.size(), 1024U);
    for (const auto& [measure, value] : measures.items()) EXPECT_LE(measure.size(), 64U);
  }
}

TEST(ComparisonHistory, LeavesOutWhatIsNotTheCodes) {
  const Comparison comparison = example::comparison();
  for (const std::string& text : {smaller_is_better(comparison), bencher_metrics(comparison)}) {
    EXPECT_EQ(text.find("mma_chain"), std::string::npos);  // the clock fell
    EXPECT_NE(text.find("vector_add"), std::string::npos);
  }
  EXPECT_EQ(bigger_is_better(comparison).find("launch/empty"), std::string::npos);  // no amount
}

/// Names that a format which drops or blanks characters would make the same.
TEST(ComparisonNames, StayApartInEveryFormat) {
  Comparison comparison = many(0, 1);
  const Judgement one = comparison.judgements.front();
  comparison.judgements.clear();
  const std::string half(3000, 'h');
  const std::vector<std::string> names = {"a b",
                                          "a\tb",
                                          "a\nb",
                                          "a\\tb",
                                          "a\\u{9}b",
                                          "a\u00a0b",
                                          "ab",
                                          "a\u200bb",
                                          "a\x1b"
                                          "b",
                                          "a|b",
                                          "a\\|b",
                                          "a`b",
                                          "a'b",
                                          "=a",
                                          "'=a",
                                          half + "1" + half,
                                          half + "2" + half};
  for (const std::string& name : names) {
    comparison.judgements.push_back(one);
    comparison.judgements.back().benchmark = name;
  }
  const auto written = [&](const std::string& text, std::size_t each) {
    std::set<std::string> distinct;
    std::size_t found = 0;
    for (const std::string& line : lines_of(text)) {
      if (line.find("0.05") == std::string::npos && line.find("5.0 %") == std::string::npos) {
        continue;
      }
      ++found;
      distinct.insert(line);
    }
    EXPECT_GE(found, each * names.size());
    EXPECT_EQ(distinct.size(), found);
  };
  for (const Format format : {Format::csv, Format::markdown}) {
    written(render_comparison(comparison, format, true, ExitCode::ok), 1);
  }
  written(openmetrics(comparison), 1);
  EXPECT_EQ(nlohmann::json::parse(bencher_metrics(comparison)).size(), names.size());
}

TEST(Notes, ABootIsSaidWithoutItsHash) {
  Comparison comparison;
  comparison.differences = {{"boot_id", "0123", "4567", false}, {"host_id", "a", "b", false}};
  EXPECT_EQ(outputs::notes(comparison),
            (std::vector<std::string>{"environment: the machine was booted in between",
                                      "environment: host_id was a and is b"}));
}

TEST(ComparisonPage, HoldsEveryBenchmarkWorstFirst) {
  const nlohmann::ordered_json data = comparison_data(example::comparison());
  EXPECT_EQ(data.at("headline"), headline(example::comparison()));
  const auto& values = data.at("judgements").at("values");
  ASSERT_EQ(values.size(), example::comparison().judgements.size());
  EXPECT_EQ(values.front()[1], "regression");
  EXPECT_EQ(values.back()[1], "unchanged");
  EXPECT_EQ(data.at("differences").dump(), R"([["tool_commit","0123456789ab","ba9876543210"]])");
}

TEST(ComparisonPage, CountsWhatItLeavesOut) {
  const nlohmann::ordered_json data = comparison_data(many(2500, 3));
  EXPECT_EQ(data.at("judgements").at("values").size(), 2000u);
  EXPECT_EQ(data.at("judgements_left_out"), 503);
  EXPECT_EQ(data.at("judgements").at("values")[2][1], "regression");
}

}  // namespace
}  // namespace derate
