// SPDX-License-Identifier: Apache-2.0
// Verdicts on two runs that were not interleaved.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "regression/compare/compare.h"
#include "unit/regression/processes.h"

namespace derate {
namespace {

using Processes = std::vector<ProcessReport>;

/// Processes that differ by about 0.1 % from one to the next.
Processes run(double time_s, int processes = 5, const std::vector<std::string>& names = {"gemm"}) {
  Processes all;
  for (int i = 0; i < processes; ++i) all.push_back(process(time_s * (1 + 0.001 * (i % 3)), names));
  return all;
}

void change(Processes& run, const std::function<void(BenchmarkResult&)>& change) {
  for (ProcessReport& process : run) change(process.results.front());
}

/// That runs of the same code differ by little was measured.
ComparePlan measured(const std::vector<std::string>& names = {"gemm"}) {
  ComparePlan plan;
  for (const std::string& name : names) plan.pair_spread[name + " n:8"] = {0.002, 8};
  return plan;
}

Judgement only(const Processes& base, const Processes& candidate,
               const ComparePlan& plan = measured()) {
  const Comparison comparison = compare_runs(base, candidate, plan);
  EXPECT_EQ(comparison.judgements.size(), 1U);
  return comparison.judgements.at(0);
}

TEST(Compare, FindsASlowdownAndASpeedup) {
  const Judgement slower = only(run(1), run(1.03));
  EXPECT_EQ(slower.verdict, Verdict::regression) << slower.reason;
  EXPECT_NEAR(slower.change.value, 0.03, 1e-6);
  EXPECT_TRUE(slower.change.interval.contains(0.03));
  EXPECT_EQ(slower.pairs, 5);
  EXPECT_EQ(only(run(1.03), run(1)).verdict, Verdict::improvement);
}

TEST(Compare, CallsEqualRunsUnchangedAndNoisyOnesInconclusive) {
  EXPECT_EQ(only(run(1), run(1.0005)).verdict, Verdict::unchanged);
  Processes noisy = run(1);
  for (std::size_t i = 0; i < noisy.size(); ++i) {
    noisy[i].results.front().time_s = 1 + 0.1 * static_cast<double>(i);
  }
  EXPECT_EQ(only(noisy, run(1.03)).verdict, Verdict::inconclusive);
}

TEST(Compare, ASmallChangeIsNoRegressionHoweverSure) {
  EXPECT_NE(only(run(1), run(1.008)).verdict, Verdict::regression);
  Processes base = run(1);
  Processes candidate = run(1.008);
  for (Processes* const each : {&base, &candidate}) {
    change(*each, [](BenchmarkResult& o) { o.clock_hz = kUnknown; });
  }
  EXPECT_LT(only(base, candidate).p_slower, 1e-3);
  EXPECT_NE(only(base, candidate).verdict, Verdict::regression);
}

// Two runs of the same code an hour apart: each agrees with itself, and they differ by 3 %.
TEST(Compare, WithoutASpreadBetweenRunsIsOfTheseRunsAlone) {
  const Judgement slower = only(run(1), run(1.03), {});
  EXPECT_EQ(slower.verdict, Verdict::inconclusive);
  EXPECT_EQ(slower.reason.find("slower in these runs: +3.00 %"), 0U) << slower.reason;
  EXPECT_NEAR(slower.change.value, 0.03, 1e-6);
  EXPECT_EQ(exit_code(compare_runs(run(1), run(1.03), {})), ExitCode::inconclusive);
  EXPECT_EQ(exit_code(compare_runs(run(1), run(1.03), measured({"another"}))),
            ExitCode::inconclusive);
  const Judgement faster = only(run(1.03), run(1), {});
  EXPECT_EQ(faster.verdict, Verdict::inconclusive);
  EXPECT_EQ(faster.reason.find("faster in these runs: -2.91 %"), 0U) << faster.reason;
  EXPECT_EQ(only(run(1), run(1.0005), {}).verdict, Verdict::unchanged);
}

TEST(Compare, OneProcessEachSaysNothing) {
  const Judgement judgement = only(run(1, 1), run(1.2, 1), {});
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
  EXPECT_EQ(judgement.reason,
            "one process each: a difference of +20.00 % was seen; what separate processes differ "
            "by is not known; use derate gate");
  EXPECT_TRUE(std::isnan(judgement.change.interval.low));
}

TEST(Compare, NoiseThatWasMeasuredStandsInForOtherProcesses) {
  ComparePlan plan;
  plan.pair_spread["gemm n:8"] = {0.002, 8};
  const Judgement judgement = only(run(1, 1), run(1.03, 1), plan);
  EXPECT_EQ(judgement.verdict, Verdict::regression) << judgement.reason;
  EXPECT_DOUBLE_EQ(judgement.pair_sd, 0.002);
  // Two processes of sd 0.002/√2 each: the ratio's is 0.002, and its interval ± the 97.5 % point of
  // Student's t with 8 degrees of freedom, which 12 pairs have.
  EXPECT_NEAR(judgement.change.interval.high, 1.03 * std::exp(2.306004 * 0.002) - 1, 1e-6);
  plan.pair_spread["gemm n:8"].sd = 0.02;
  EXPECT_EQ(only(run(1, 1), run(1.03, 1), plan).verdict, Verdict::inconclusive);
  // Of three pairs nobody knows the spread so well.
  plan.pair_spread["gemm n:8"] = {0.002, 2};
  EXPECT_EQ(only(run(1, 1), run(1.03, 1), plan).verdict, Verdict::inconclusive);
}

TEST(Compare, ManyBenchmarksShareTheBound) {
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("b" + std::to_string(i));
  const auto base = [&](int processes) { return run(1, processes, names); };
  Processes candidate = base(3);  // p is a little below 0.001 with so few processes
  for (ProcessReport& process : candidate) process.results.front().time_s *= 1.012;
  const Comparison among_many = compare_runs(base(3), candidate, measured(names));
  EXPECT_EQ(count(among_many, Verdict::regression), 0);
  Processes alone = candidate;
  Processes base_alone = base(3);
  for (Processes* const each : {&alone, &base_alone}) {
    for (ProcessReport& process : *each) process.results.resize(1);
  }
  const Comparison one = compare_runs(base_alone, alone, measured(names));
  EXPECT_LT(one.judgements.at(0).p_slower, 0.001);
  EXPECT_GT(one.judgements.at(0).p_slower, 0.001 / 60);
  EXPECT_EQ(count(one, Verdict::regression), 1);
}

TEST(Compare, TheSameMachineCodeIsNotReportedAsChanged) {
  Processes base = run(1);
  Processes candidate = run(1.05);
  for (Processes* const each : {&base, &candidate}) {
    change(*each, [](BenchmarkResult& o) { o.code_hash = "abc"; });
  }
  const Judgement judgement = only(base, candidate);
  EXPECT_EQ(judgement.verdict, Verdict::environment);
  EXPECT_TRUE(judgement.same_code);
  change(base, [](BenchmarkResult& o) { o.code_hash = "abd"; });
  EXPECT_EQ(only(base, candidate).verdict, Verdict::regression);
}

TEST(Compare, AFallenClockIsTheEnvironments) {
  Processes candidate = run(1.05);
  change(candidate, [](BenchmarkResult& o) { o.clock_hz = 1e9 / o.time_s; });
  Processes base = run(1);
  change(base, [](BenchmarkResult& o) { o.clock_hz = 1e9 / o.time_s; });
  const Judgement judgement = only(base, candidate);
  EXPECT_EQ(judgement.verdict, Verdict::environment) << judgement.reason;
  EXPECT_NEAR(judgement.change_cycles.value, 0, 1e-9);
}

TEST(Compare, AClockThatMovedALittleExplainsNoLargeChange) {
  Processes base = run(1);
  Processes candidate = run(1.05);
  change(candidate, [](BenchmarkResult& o) { o.clock_hz = 0.96e9; });  // cycles: + 0.8 %
  EXPECT_EQ(only(base, candidate).verdict, Verdict::environment);
  candidate = run(1.0105);
  change(candidate, [](BenchmarkResult& o) { o.clock_hz = 0.998e9; });  // cycles: + 0.85 %
  const Judgement judgement = only(base, candidate);
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive) << judgement.reason;
}

TEST(Compare, HeatOnOneSideMattersWhereNoClockTells) {
  const auto without_clocks = [](Processes processes) {
    change(processes, [](BenchmarkResult& o) { o.clock_hz = kUnknown; });
    return processes;
  };
  Processes candidate = run(1.05);
  candidate[2].results.front().throttle_reasons = "power_cap,thermal";
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::regression) << "5 % more cycles";
  EXPECT_EQ(only(without_clocks(run(1)), without_clocks(candidate)).verdict, Verdict::environment);
  candidate[2].results.front().throttle_reasons = "power_cap";
  EXPECT_EQ(only(without_clocks(run(1)), without_clocks(candidate)).verdict, Verdict::regression);
}

TEST(Compare, RefusesOtherEnvironmentsUnlessForced) {
  Processes candidate = run(1.05);
  for (ProcessReport& process : candidate) process.environments.front().facts[0].value = "2";
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::not_comparable);
  ComparePlan plan = measured();
  plan.force = true;
  const Comparison forced = compare_runs(run(1), candidate, plan);
  EXPECT_EQ(forced.judgements.at(0).verdict, Verdict::regression);
  EXPECT_TRUE(forced.forced);
  ASSERT_EQ(forced.differences.size(), 1U);
  EXPECT_EQ(forced.differences[0].candidate, "2");
}

TEST(Compare, RefusesARunWhoseOwnProcessesDiffer) {
  Processes candidate = run(1);
  candidate[3].environments.front().facts[0].value = "2";
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::not_comparable);
  candidate = run(1);
  candidate[3].environments.front().facts[1].value = "elsewhere";  // which is only told
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::unchanged);
}

TEST(Compare, RefusesAnotherSizeUnitOrAmount) {
  Processes candidate = run(1);
  change(candidate, [](BenchmarkResult& o) { o.problem = "n:16"; });
  const Comparison sizes = compare_runs(run(1), candidate, {});
  ASSERT_EQ(sizes.judgements.size(), 1U);
  EXPECT_EQ(sizes.judgements[0].verdict, Verdict::not_comparable);
  candidate = run(1);
  change(candidate, [](BenchmarkResult& o) { o.amount_unit = "B"; });
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::not_comparable);
  candidate = run(1);
  change(candidate, [](BenchmarkResult& o) { o.amount = 200; });
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::not_comparable);
}

TEST(Compare, CallsInvalidWhatIsMissingOrFailed) {
  const Comparison renamed = compare_runs(run(1), run(1, 5, {"gemm2"}), {});
  ASSERT_EQ(renamed.judgements.size(), 1U);
  EXPECT_EQ(renamed.judgements[0].verdict, Verdict::invalid);
  EXPECT_EQ(renamed.notes.at(0), "gemm2 n:8 is new in candidate");
  Processes candidate = run(1);
  candidate[4].results.clear();
  EXPECT_EQ(only(run(1), candidate).reason, "missing in 1 of 5 processes of candidate");
  candidate = run(1);
  candidate[0].results.front().outcome = Outcome::incorrect;
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::invalid);
  candidate = run(1);
  candidate[0].results.front().time_s = kUnknown;
  EXPECT_EQ(only(run(1), candidate).verdict, Verdict::invalid);
}

TEST(Compare, WhatNoDeviceCanRunIsANote) {
  Processes base = run(1);
  change(base, [](BenchmarkResult& o) { o.outcome = Outcome::unsupported; });
  const Comparison comparison = compare_runs(base, base, {});
  EXPECT_TRUE(comparison.judgements.empty());
  EXPECT_EQ(exit_code(comparison), ExitCode::invalid_input);
}

}  // namespace
}  // namespace derate
