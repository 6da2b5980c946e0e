// SPDX-License-Identifier: Apache-2.0
// Comparisons whose unit is a run: processes of one run share its drift.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "regression/compare/compare.h"
#include "regression/compare/run_as_process.h"
#include "unit/regression/processes.h"

namespace derate {
namespace {

using Reports = std::vector<ProcessReport>;

TEST(RunAsProcess, TakesTheMedianOfItsProcesses) {
  const ProcessReport run = run_as_process(Reports{process(1), process(1.1), process(5)});
  ASSERT_EQ(run.results.size(), 1U);
  EXPECT_DOUBLE_EQ(run.results[0].time_s, 1.1);
  EXPECT_EQ(run.results[0].outcome, Outcome::passed);
  EXPECT_EQ(run.environments.at(run.results[0].environment).value("host_id"), "h");
}

TEST(RunAsProcess, FailsWhereAProcessFailedOrLacksIt) {
  Reports failed = {process(1), process(1)};
  failed[1].results[0].outcome = Outcome::failed;
  failed[1].results[0].message = "out of memory";
  EXPECT_EQ(run_as_process(failed).results[0].message, "out of memory");
  const Reports missing = {process(1, {"gemm", "copy"}), process(1)};
  const ProcessReport run = run_as_process(missing);
  ASSERT_EQ(run.results.size(), 2U);
  EXPECT_EQ(run.results[1].outcome, Outcome::failed);
  EXPECT_EQ(run.results[1].message, "missing in 1 of 2 processes");
}

TEST(RunAsProcess, FailsWhereItsProcessesDifferThemselves) {
  Reports run = {process(1), process(1)};
  run[1].environments[0].facts[0].value = "2";
  EXPECT_EQ(
      run_as_process(run).results[0].message,
      "the processes of its run differ themselves: driver_version is 1 in one and 2 in another");
  EXPECT_EQ(run_as_process(run).results[0].outcome, Outcome::failed);
}

TEST(RunAsProcess, KeepsWhatHeldTheClockDownInAny) {
  Reports run = {process(1), process(1)};
  run[1].results[0].throttle_reasons = "thermal";
  EXPECT_EQ(run_as_process(run).results[0].throttle_reasons, ",thermal");
}

TEST(RunAsProcess, KnowsTheCodeOnlyWhereAllRanTheSame) {
  Reports run = {process(1), process(1)};
  run[0].results[0].code_hash = run[1].results[0].code_hash = "a";
  EXPECT_EQ(run_as_process(run).results[0].code_hash, "a");
  run[1].results[0].code_hash = "b";
  EXPECT_EQ(run_as_process(run).results[0].code_hash, "");
}

/// Runs of five processes that differ by 1 % from run to run and by 0.1 % within one.
class Drifting {
 public:
  explicit Drifting(std::uint64_t seed) : random_(seed) {}
  Reports run(double time_s) {
    const double level = time_s * std::exp(0.01 * normal_(random_));
    Reports processes;
    for (int at = 0; at < 5; ++at) {
      processes.push_back(process(level * std::exp(0.001 * normal_(random_))));
    }
    return processes;
  }
  Reports runs_as_processes(int count, double time_s) {
    Reports reports;
    for (int at = 0; at < count; ++at) reports.push_back(run_as_process(run(time_s)));
    return reports;
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

ComparePlan of_runs() {
  ComparePlan plan;
  plan.of_runs = true;
  return plan;
}

Verdict verdict_of(const Reports& base, const Reports& candidate, const ComparePlan& plan) {
  return compare_runs(base, candidate, plan).judgements.at(0).verdict;
}

// At 0.001 one false alarm in 2,000 pairs of the same code is expected (a side); more than six come
// by chance once in 20,000 times. By processes 134 of 150 were "slower in these runs".
TEST(SeveralRuns, DriftBetweenRunsIsNoRegression) {
  Drifting drifting(3);
  int alarms = 0;
  for (int pair = 0; pair < 2000; ++pair) {
    alarms += verdict_of(drifting.runs_as_processes(5, 1), drifting.runs_as_processes(5, 1),
                         of_runs()) == Verdict::regression;
  }
  EXPECT_LE(alarms, 6);
}

TEST(SeveralRuns, ASlowdownBeyondTheDriftIsARegression) {
  Drifting drifting(4);
  const Comparison comparison =
      compare_runs(drifting.runs_as_processes(5, 1), drifting.runs_as_processes(5, 1.1), of_runs());
  EXPECT_EQ(comparison.judgements.at(0).verdict, Verdict::regression);
  EXPECT_NE(comparison.judgements.at(0).reason.find("over 5 and 5 runs"), std::string::npos)
      << comparison.judgements.at(0).reason;
}

TEST(SeveralRuns, OneOnASideBorrowsTheOthersSpread) {
  Drifting drifting(5);
  const Comparison comparison =
      compare_runs(drifting.runs_as_processes(8, 1), drifting.runs_as_processes(1, 1.2), of_runs());
  EXPECT_EQ(comparison.judgements.at(0).verdict, Verdict::regression);
  EXPECT_NE(comparison.judgements.at(0).reason.find("the single run borrows the others' spread"),
            std::string::npos);
}

TEST(SeveralRuns, AHistoryKnowsWhatTwoRunsDifferBy) {
  Drifting drifting(6);
  ComparePlan plan = of_runs();
  const Reports base = drifting.runs_as_processes(1, 1);
  const Reports candidate = drifting.runs_as_processes(1, 1.1);
  EXPECT_EQ(verdict_of(base, candidate, plan), Verdict::inconclusive);
  plan.pair_spread["gemm n:8"] = {0.014, 20};
  plan.spread_source = "the history's sessions";
  const Comparison comparison = compare_runs(base, candidate, plan);
  EXPECT_EQ(comparison.judgements.at(0).verdict, Verdict::regression);
  EXPECT_NE(comparison.judgements.at(0).reason.find("the spread is that of the history's sessions"),
            std::string::npos);
  plan.pair_spread["gemm n:8"] = {0.14, 20};
  EXPECT_EQ(verdict_of(base, candidate, plan), Verdict::inconclusive);
}

}  // namespace
}  // namespace derate
