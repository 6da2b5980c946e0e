// SPDX-License-Identifier: Apache-2.0
// From what the processes of a gate said to series of paired times, and why some have none.
#include "regression/results/pairing.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "unit/regression/processes.h"

namespace derate {
namespace {

const std::vector<std::string> kBoth = {"gemm", "copy"};

/// Pairs of processes, each slower than the one before.
std::vector<MeasuredPair> pairs(int count, const std::vector<std::string>& names = kBoth) {
  std::vector<MeasuredPair> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({i, {process(2 * i + 1, names), ""}, {process(2 * i + 2, names), ""}});
  }
  return all;
}

/// Three pairs of which `change` changes the candidate of the last.
std::vector<MeasuredPair> with_candidate(const std::function<void(MeasuredProcess&)>& change) {
  std::vector<MeasuredPair> all = pairs(3);
  change(all[2].candidate);
  return all;
}

/// The same in every candidate.
std::vector<MeasuredPair> with_candidates(const std::function<void(MeasuredProcess&)>& change) {
  std::vector<MeasuredPair> all = pairs(3);
  for (MeasuredPair& pair : all) change(pair.candidate);
  return all;
}

Pairing paired(const std::vector<MeasuredPair>& screen, bool force = false) {
  return pair_up(
      {.screen = screen, .confirm = {}, .confirmed = {}, .force = force, .same_program = false});
}

BenchmarkResult& gemm(MeasuredProcess& said) { return said.report.results.front(); }
EnvironmentFact& driver(MeasuredProcess& said) {
  return said.report.environments.front().facts.front();
}

/// What is said of gemm, where nothing is wrong with copy.
Judgement settled(const Pairing& pairing) {
  EXPECT_EQ(pairing.settled.size(), 1U);
  EXPECT_EQ(pairing.benchmarks.size(), 1U);
  return pairing.settled.at(0);
}

TEST(Pairing, PutsTheTimesOfAPairSideBySide) {
  const std::vector<MeasuredPair> screen = pairs(3);
  const std::vector<MeasuredPair> confirm = pairs(2);
  const Pairing pairing = pair_up({.screen = screen,
                                   .confirm = confirm,
                                   .confirmed = {"copy n:8"},
                                   .force = false,
                                   .same_program = false});
  ASSERT_EQ(pairing.benchmarks.size(), 2U);
  EXPECT_EQ(pairing.order, (std::vector<std::string>{"gemm n:8", "copy n:8"}));
  const PairSeries& first = pairing.benchmarks[0].series;
  EXPECT_EQ(first.benchmark, "gemm n:8");
  ASSERT_EQ(first.screen.size(), 3U);
  EXPECT_EQ(first.screen[2].base_s, 5);
  EXPECT_EQ(first.screen[2].candidate_s, 6);
  EXPECT_EQ(first.screen[2].base_hz, 1e9);
  EXPECT_TRUE(first.confirm.empty());
  const PairSeries& second = pairing.benchmarks[1].series;
  ASSERT_EQ(second.confirm.size(), 2U);
  EXPECT_EQ(second.confirm[1].base_s, 3);
  EXPECT_EQ(second.confirm[1].candidate_s, 4);
  EXPECT_FALSE(first.same_code);
  EXPECT_EQ(pairing.benchmarks[0].amount, 100);
}

TEST(Pairing, KnowsTheSameMachineCodeByItsHashInEveryProcess) {
  std::vector<MeasuredPair> all = pairs(3);
  for (MeasuredPair& pair : all) {
    gemm(pair.base).code_hash = "abc";
    gemm(pair.candidate).code_hash = "abc";
  }
  EXPECT_TRUE(paired(all).benchmarks[0].series.same_code);
  gemm(all[1].candidate).code_hash = "def";
  EXPECT_FALSE(paired(all).benchmarks[0].series.same_code);
  EXPECT_FALSE(paired(pairs(3)).benchmarks[0].series.same_code);  // not known
}

TEST(Pairing, SaysWhichProcessFailedAndHow) {
  const Judgement wrong = settled(paired(with_candidate([](MeasuredProcess& said) {
    gemm(said).outcome = Outcome::incorrect;
    gemm(said).message = "c[7] is 1, not 2";
  })));
  EXPECT_EQ(wrong.verdict, Verdict::invalid);
  EXPECT_EQ(wrong.benchmark, "gemm n:8");
  EXPECT_EQ(wrong.reason, "incorrect in candidate (stage 1, pair 3): c[7] is 1, not 2");
  const Judgement timeless =
      settled(paired(with_candidate([](MeasuredProcess& said) { gemm(said).time_s = 0; })));
  EXPECT_EQ(timeless.reason, "no usable time in candidate (stage 1, pair 3)");
  const Pairing unstable =
      paired(with_candidate([](MeasuredProcess& said) { gemm(said).outcome = Outcome::unstable; }));
  EXPECT_TRUE(unstable.settled.empty());
}

TEST(Pairing, SaysWhereABenchmarkIsMissing) {
  const Judgement once = settled(paired(with_candidate(
      [](MeasuredProcess& said) { said.report.results.erase(said.report.results.begin()); })));
  EXPECT_EQ(once.verdict, Verdict::invalid);
  EXPECT_EQ(once.reason, "missing in 1 of 3 processes of candidate");
  const Judgement always = settled(paired(with_candidates(
      [](MeasuredProcess& said) { said.report.results.erase(said.report.results.begin()); })));
  EXPECT_EQ(always.reason, "missing in candidate");
}

TEST(Pairing, TrustsAProcessThatFailedForWhatItWroteOneByOne) {
  const auto crash = [](bool are_records) {
    return paired(with_candidate([&](MeasuredProcess& said) {
      said.failure = "it crashed";
      said.report.are_records = are_records;
    }));
  };
  EXPECT_TRUE(crash(true).settled.empty());
  const Pairing lost = crash(false);
  ASSERT_EQ(lost.settled.size(), 2U);
  EXPECT_EQ(lost.settled[0].reason, "missing in 1 of 3 processes of candidate: it crashed");
}

TEST(Pairing, DoesNotCallNewWhatABaseThatFailedLacks) {
  std::vector<MeasuredPair> all = pairs(3);
  for (MeasuredPair& pair : all) pair.base.failure = "`old` ended with exit code 3";
  const Pairing pairing = paired(all);
  ASSERT_EQ(pairing.settled.size(), 2U);
  EXPECT_EQ(pairing.settled[0].verdict, Verdict::invalid);
  EXPECT_EQ(pairing.settled[0].reason, "missing in base: `old` ended with exit code 3");
  EXPECT_TRUE(pairing.notes.empty());
}

TEST(Pairing, ANewBenchmarkIsANoteAndAnotherSizeIsNotComparable) {
  const Pairing renamed =
      paired(with_candidates([](MeasuredProcess& said) { gemm(said).benchmark = "new"; }));
  EXPECT_EQ(settled(renamed).reason, "missing in candidate");
  EXPECT_EQ(renamed.notes, std::vector<std::string>{"new n:8 is new in candidate"});
  const Judgement resized =
      settled(paired(with_candidates([](MeasuredProcess& said) { gemm(said).problem = "n:16"; })));
  EXPECT_EQ(resized.verdict, Verdict::not_comparable);
  EXPECT_EQ(resized.reason, "candidate measures another size, n:16");
}

TEST(Pairing, RefusesAnotherUnitOrAmountUnlessForced) {
  const std::vector<MeasuredPair> unit =
      with_candidates([](MeasuredProcess& said) { gemm(said).amount_unit = ""; });
  EXPECT_EQ(settled(paired(unit)).reason, "it counts FLOP in base and no unit in candidate");
  const std::vector<MeasuredPair> amount =
      with_candidates([](MeasuredProcess& said) { gemm(said).amount = 101; });
  EXPECT_EQ(settled(paired(amount)).verdict, Verdict::not_comparable);
  EXPECT_EQ(settled(paired(amount)).reason, "it is 100 FLOP in base and 101 in candidate");
  const Pairing forced = paired(amount, true);
  EXPECT_TRUE(forced.settled.empty());
  EXPECT_TRUE(forced.forced);
  EXPECT_FALSE(paired(pairs(3), true).forced);
}

TEST(Pairing, AllowsForAmountsThatWereMadeFromRates) {
  std::vector<MeasuredPair> all = pairs(3);
  for (int i = 0; i < 3; ++i) {
    gemm(all[static_cast<std::size_t>(i)].base).amount = 100 + 0.2 * i;
    gemm(all[static_cast<std::size_t>(i)].candidate).amount = 100.7;
  }
  EXPECT_TRUE(paired(all).settled.empty());
}

TEST(Pairing, RefusesAnotherDriverAndSaysWhenItChangedMeanwhile) {
  const std::vector<MeasuredPair> other =
      with_candidates([](MeasuredProcess& said) { driver(said).value = "2"; });
  const Pairing refused = paired(other);
  ASSERT_EQ(refused.settled.size(), 2U);
  EXPECT_EQ(refused.settled[0].verdict, Verdict::not_comparable);
  EXPECT_EQ(refused.settled[0].reason, "driver_version is 1 in base and 2 in candidate");
  ASSERT_EQ(refused.differences.size(), 1U);  // once, not for each benchmark
  EXPECT_EQ(refused.differences[0].candidate, "2");
  EXPECT_EQ(paired(other, true).benchmarks.size(), 2U);

  const Pairing meanwhile =
      paired(with_candidate([](MeasuredProcess& said) { driver(said).value = "2"; }));
  ASSERT_EQ(meanwhile.settled.size(), 2U);
  EXPECT_EQ(meanwhile.settled[0].verdict, Verdict::environment);
  EXPECT_EQ(meanwhile.settled[0].reason,
            "driver_version of candidate changed from 1 to 2 during the gate (stage 1, pair 3)");
}

TEST(Pairing, AProgramThatWasRebuiltMeanwhileIsInvalidAndAnotherHostIsTold) {
  std::vector<MeasuredPair> all = pairs(3);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].base.report.environments.front().facts.push_back({"program_id", "a", false});
    all[i].candidate.report.environments.front().facts.push_back(
        {"program_id", i < 2 ? "b" : "c", false});
  }
  const Pairing rebuilt = paired(all);
  ASSERT_EQ(rebuilt.settled.size(), 2U);
  EXPECT_EQ(rebuilt.settled[0].verdict, Verdict::invalid);
  const Pairing moved = paired(with_candidate([](MeasuredProcess& said) {
    said.report.environments.front().facts[1].value = "elsewhere";
  }));
  EXPECT_TRUE(moved.settled.empty());
  const Pairing elsewhere = paired(with_candidates([](MeasuredProcess& said) {
    said.report.environments.front().facts[1].value = "elsewhere";
  }));
  EXPECT_TRUE(elsewhere.settled.empty());
  ASSERT_EQ(elsewhere.differences.size(), 1U);
  EXPECT_EQ(elsewhere.differences[0].name, "host_id");
}

TEST(Pairing, WhatNoSideCanRunIsANote) {
  std::vector<MeasuredPair> all = pairs(3);
  for (MeasuredPair& pair : all) {
    for (MeasuredProcess* const said : {&pair.base, &pair.candidate}) {
      gemm(*said).outcome = Outcome::unsupported;
      gemm(*said).message = "no tensor units";
    }
  }
  const Pairing pairing = paired(all);
  EXPECT_TRUE(pairing.settled.empty());
  EXPECT_EQ(pairing.benchmarks.size(), 1U);
  EXPECT_EQ(pairing.notes, std::vector<std::string>{"gemm n:8 is not supported: no tensor units"});
  // A process that lacks it does not say so.
  all[1].candidate.report.results.erase(all[1].candidate.report.results.begin());
  EXPECT_EQ(settled(paired(all)).verdict, Verdict::invalid);
}

TEST(Pairing, TellsOfHeatOnOneSideOnly) {
  const Pairing hot = paired(with_candidate(
      [](MeasuredProcess& said) { gemm(said).throttle_reasons = "power_cap,thermal"; }));
  EXPECT_EQ(hot.benchmarks[0].held_down,
            "the clock was held down on one side only: thermal in candidate (stage 1, pair 3)");
  EXPECT_EQ(hot.benchmarks[1].held_down, "");
  // Stage 1 does not decide where there is a stage 2.
  const std::vector<MeasuredPair> screen =
      with_candidate([](MeasuredProcess& said) { gemm(said).throttle_reasons = "thermal"; });
  const std::vector<MeasuredPair> fresh = pairs(2);
  const Pairing confirmed = pair_up({.screen = screen,
                                     .confirm = fresh,
                                     .confirmed = {"gemm n:8"},
                                     .force = false,
                                     .same_program = false});
  EXPECT_EQ(confirmed.benchmarks[0].held_down, "");
  std::vector<MeasuredPair> both = pairs(3);
  gemm(both[0].base).throttle_reasons = "thermal";
  gemm(both[1].candidate).throttle_reasons = "slowdown";
  EXPECT_EQ(paired(both).benchmarks[0].held_down, "");
  // The usual state of a loaded GPU.
  EXPECT_EQ(paired(with_candidate(
                       [](MeasuredProcess& said) { gemm(said).throttle_reasons = "power_cap"; }))
                .benchmarks[0]
                .held_down,
            "");
}

TEST(Pairing, CountsTheLinesThatWereLeftOut) {
  const Pairing pairing = paired(with_candidate([](MeasuredProcess& said) {
    said.report.bad = {{"records.jsonl", 7, "\"clock\" is text"}, {"records.jsonl", 9, "cut"}};
    said.report.notes = {"a mean in place of repetitions"};
  }));
  EXPECT_EQ(pairing.notes,
            (std::vector<std::string>{"candidate: a mean in place of repetitions",
                                      "candidate: 2 lines were left out, the first in "
                                      "records.jsonl, line 7: \"clock\" is text"}));
}

}  // namespace
}  // namespace derate
