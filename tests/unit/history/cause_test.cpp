// SPDX-License-Identifier: Apache-2.0
// What a change is put down to where something happened to the machine: drivers, boots, hosts, and
// whether the other benchmarks moved as well.
#include "history/cause.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "made_history.h"

namespace derate::history {
namespace {

void expect_says(const Judgement& judgement, const std::string& words) {
  EXPECT_NE(judgement.reason.find(words), std::string::npos) << judgement.reason;
}

/// Of `benchmarks`, the first `slower` are slower by 4 % from session 28 of 30 on, as is the driver
/// another.
Made with_driver(std::size_t benchmarks, std::size_t slower) {
  Made made(30, benchmarks);
  for (std::size_t at = 0; at < slower; ++at) made.slow(1.04, 28, 30, at);
  return made.driver(28);
}

TEST(Cause, WhatMostBenchmarksShareIsTheMachine) {
  const Comparison comparison = with_driver(5, 3).track();
  EXPECT_EQ(count(comparison, Verdict::environment), 3);
  EXPECT_EQ(exit_code(comparison), ExitCode::inconclusive);
  expect_says(comparison.judgements[0],
              "driver_version went from 1 to 2; 3 of 5 benchmarks became "
              "slower with it");
  ASSERT_EQ(comparison.notes.size(), 1U);
  EXPECT_EQ(comparison.notes[0],
            "3 of 5 benchmarks changed with session 28, where driver_version went from 1 to 2: "
            "environment");
}

TEST(Cause, WhatMovedAloneIsARegression) {
  const Comparison comparison = with_driver(5, 1).track();
  EXPECT_EQ(comparison.judgements[0].verdict, Verdict::regression);
  expect_says(comparison.judgements[0],
              "1 of 5 benchmarks became slower with it, so that it is not what changed this one");
  EXPECT_EQ(exit_code(comparison), ExitCode::regression);
}

TEST(Cause, MovingTheOtherWayIsNoExcuse) {
  Made made(30, 6);
  made.slow(1.04, 28, 30, 0);
  for (std::size_t at = 1; at < 6; ++at) made.slow(0.96, 28, 30, at);
  EXPECT_EQ(made.driver(28).first().verdict, Verdict::regression) << made.first().reason;
}

TEST(Cause, FewBenchmarksCannotTellTheMachineFromTheCode) {
  const Judgement judgement = with_driver(4, 1).first();
  EXPECT_EQ(judgement.verdict, Verdict::environment);
  expect_says(judgement, "4 benchmarks on both sides of it are too few");
}

TEST(Cause, ADriverElsewhereIsNoExcuse) {
  EXPECT_EQ(Made(30).slow(1.04, 25, 30).driver(10).first().verdict, Verdict::regression);
}

// Four sessions with the new driver are the new level; the fifth is judged by them.
TEST(Cause, ANewDriverIsTheNewLevelOnceFourSessionsAgree) {
  for (const std::size_t since : {27U, 28U}) {
    EXPECT_EQ(Made(30).slow(1.04, since, 30).driver(since).first().verdict, Verdict::environment);
  }
  const Judgement judgement = Made(30).slow(1.04, 26, 30).driver(26).first();
  EXPECT_EQ(judgement.verdict, Verdict::unchanged) << judgement.reason;
  expect_says(judgement,
              "a new level began with session 26, where driver_version went from 1 to 2");
  EXPECT_EQ(Made(30).slow(1.04, 20, 30).driver(20).slow(1.05, 29, 30).first().verdict,
            Verdict::inconclusive);  // heard; a third session confirms it
  EXPECT_EQ(Made(31).slow(1.04, 20, 31).driver(20).slow(1.05, 29, 31).first().verdict,
            Verdict::regression);
  EXPECT_EQ(Made(50).slow(1.04, 20, 50).driver(20).first().reason.find("a new level"),
            std::string::npos);  // no news any more
}

// Three sessions that were slow with the new driver, and quick ones since: there was no new level.
TEST(Cause, ThreeSessionsWithANewDriverAreNoNewLevel) {
  Made made(30, 1, 0.001);
  made.slow(1.04, 21, 23).driver(21);
  EXPECT_EQ(made.first().reason.find("a new level"), std::string::npos) << made.first().reason;
}

TEST(Cause, WhatMovedAloneWithADriverIsNoNewLevel) {
  Made made(40, 6);
  EXPECT_EQ(made.slow(1.04, 21, 40).driver(21).first().verdict, Verdict::regression)
      << made.first().reason;
}

TEST(Cause, EveryContainerHasAnotherHost) {
  Made made(30);
  made.slow(1.04, 28, 30);
  made.each_environment([](std::size_t session) {
    Environment environment = Made::environment("1");
    environment.facts.push_back({"host_name", "c" + std::to_string(session), false});
    return environment;
  });
  EXPECT_EQ(made.first().verdict, Verdict::regression) << made.first().reason;
}

TEST(Cause, AHostThatStaysIsAnEvent) {
  Made made(30);
  made.slow(1.04, 28, 30);
  made.each_environment([](std::size_t session) {
    Environment environment = Made::environment("1");
    environment.facts.push_back({"host_name", session < 27 ? "old" : "new", false});
    return environment;
  });
  EXPECT_EQ(made.first().verdict, Verdict::environment);
  expect_says(made.first(), "host_name went from old to new");
}

/// 40 sessions, ten a boot, with a level of its own for each boot.
Made booted(std::uint64_t seed, double spread) {
  Made made(40, 1, 0.003, seed);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> level(0, spread);
  for (std::size_t boot = 0; boot < 4; ++boot) {
    made.slow(std::exp(level(random)), 10 * boot + 1, 10 * boot + 10);
  }
  return made.boot_each(10);
}

/// As it was after the first sessions of the newest boot.
Made cut_to(Made made, std::size_t sessions) {
  made.set.sessions.resize(sessions);
  for (Series& series : made.set.series) series.values.resize(sessions);
  return made;
}

// 2 % from boot to boot is no regression at any boot; before boots were kept, 19 of these 20 were.
TEST(Cause, LevelsThatChangeWithEachBootAreNoRegressions) {
  int alarms = 0;
  int heard = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const std::size_t sessions : {12U, 13U, 22U, 23U, 32U, 33U, 40U}) {
      const Verdict verdict = cut_to(booted(seed, 0.02), sessions).first().verdict;
      alarms += verdict == Verdict::regression;
      heard += verdict == Verdict::environment;
    }
  }
  EXPECT_EQ(alarms, 0);
  EXPECT_GE(heard, 20);
}

TEST(Cause, ABootIsNamed) {
  const Judgement judgement = cut_to(Made(40).slow(1.04, 31, 40).boot_each(10), 33).first();
  EXPECT_EQ(judgement.verdict, Verdict::environment);
  expect_says(judgement, "where the machine was booted; 3 boots before scatter by");
  expect_says(cut_to(Made(40).slow(1.04, 21, 40).boot_each(10), 23).first(),
              "2 boots before are too few to tell what a boot changes");
}

// A machine that is booted for every session has shown how little that changes.
TEST(Cause, ABootForEverySessionIsNoExcuse) {
  const Judgement judgement = Made(30).slow(1.04, 28, 30).boot_each(1).first();
  EXPECT_EQ(judgement.verdict, Verdict::regression) << judgement.reason;
  expect_says(judgement, "which is too little for it");
}

TEST(Cause, WithinABootARegressionIsFound) {
  EXPECT_EQ(Made(30).slow(1.04, 26, 30).boot_each(10).first().verdict, Verdict::regression);
}

}  // namespace
}  // namespace derate::history
