// SPDX-License-Identifier: Apache-2.0
// What the newest session says by the sessions before it.
#include "history/track.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "history/levels.h"
#include "history_noise.h"
#include "made_history.h"

namespace derate::history {
namespace {

bool says(const Judgement& judgement, const std::string& words) {
  return judgement.reason.find(words) != std::string::npos;
}

TEST(Track, NothingChanged) {
  const Judgement judgement = Made(30).first();
  EXPECT_EQ(judgement.verdict, Verdict::unchanged) << judgement.reason;
  EXPECT_EQ(judgement.pairs, 20);
  EXPECT_NEAR(judgement.pair_sd, 0.003, 0.001);
  EXPECT_GT(judgement.detectable, 0.01);
  EXPECT_LT(judgement.detectable, 0.03);
  EXPECT_EQ(exit_code(Made(30).track()), ExitCode::ok);
}

TEST(Track, TooFewSessionsAreNoLevel) {
  for (std::size_t sessions = 1; sessions <= 4; ++sessions) {
    EXPECT_EQ(Made(sessions).first().verdict, Verdict::collecting) << sessions;
    EXPECT_EQ(exit_code(Made(sessions).track()), ExitCode::ok) << sessions;
  }
  EXPECT_EQ(Made(5).first().verdict, Verdict::unchanged);
}

// Sessions enough, and no level of four among them: an acceptance parted them.
TEST(Track, SessionsWithoutALevelAreNotCollecting) {
  const Judgement judgement = Made(5).accept(3).first();
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive) << judgement.reason;
}

// A runner that is another machine every night must not pass every night.
TEST(Track, ANewDeviceOfAKnownBenchmarkIsNotCollecting) {
  Made made(3, 2);
  made.set.series[1].benchmark = made.set.series[0].benchmark;
  made.set.series[1].identity = "another gpu";
  EXPECT_EQ(made.first().verdict, Verdict::environment);
  EXPECT_TRUE(says(made.first(), "another machine or build")) << made.first().reason;
  made.set.series[1].benchmark = "of its own";
  EXPECT_EQ(made.first().verdict, Verdict::collecting);
}

TEST(Track, OneSlowSessionIsHeardAndNotCalledARegression) {
  const Judgement judgement = Made(30).slow(1.03, 30, 30).first();
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
  EXPECT_TRUE(says(judgement, "run again to confirm")) << judgement.reason;
  EXPECT_NEAR(judgement.change.value, 0.03, 0.01);
}

TEST(Track, ASecondSessionConfirms) {
  const Judgement judgement = Made(30).slow(1.03, 29, 30).first();
  EXPECT_EQ(judgement.verdict, Verdict::regression);
  EXPECT_TRUE(says(judgement, "session 30 confirms it")) << judgement.reason;
  EXPECT_TRUE(judgement.confirmed);
  EXPECT_LT(judgement.p_slower, 1e-4);
}

TEST(Track, ASlowSessionThatWasNotConfirmedIsForgotten) {
  EXPECT_EQ(Made(30).slow(1.03, 29, 29).first().verdict, Verdict::unchanged);
}

TEST(Track, ARegressionStaysOneUntilItIsAcceptedOrGone) {
  const Judgement judgement = Made(40).slow(1.03, 21, 40).first();
  EXPECT_EQ(judgement.verdict, Verdict::regression);
  EXPECT_TRUE(says(judgement, "slower since session 21, in 20 sessions")) << judgement.reason;
  EXPECT_TRUE(judgement.change.interval.contains(0.03));

  const Judgement accepted = Made(40).slow(1.03, 21, 40).accept(21).first();
  EXPECT_EQ(accepted.verdict, Verdict::unchanged);
  EXPECT_TRUE(says(accepted, "accepted: wider tiles")) << accepted.reason;

  EXPECT_EQ(Made(40).slow(1.03, 21, 30).first().verdict, Verdict::improvement);
  EXPECT_EQ(Made(60).slow(1.03, 21, 30).first().verdict, Verdict::unchanged);
}

TEST(Track, APartOfARegressionIsStillOne) {
  const Judgement judgement = Made(60).slow(1.06, 21, 40).slow(1.03, 41, 60).first();
  EXPECT_EQ(judgement.verdict, Verdict::regression) << judgement.reason;
  EXPECT_TRUE(says(judgement, "since session 21")) << judgement.reason;
  EXPECT_NEAR(judgement.change.value, 0.03, 0.005);
}

TEST(Track, AcceptedIsOnlyWhatWasAccepted) {
  Made made(40);
  made.slow(1.03, 21, 40).accept(21).slow(1.03, 31, 40);
  EXPECT_EQ(made.first().verdict, Verdict::regression) << made.first().reason;
  made.set.acceptances[0].pattern = "another";
  EXPECT_NEAR(made.first().change.value, 0.061, 0.005);
}

TEST(Track, TheSessionOfAnAcceptanceBeginsALevel) {
  const Judgement now = Made(30).slow(1.1, 30, 30).accept(30).first();
  EXPECT_EQ(now.verdict, Verdict::unchanged);
  EXPECT_TRUE(says(now, "accepted: wider tiles; a new level begins with session 30")) << now.reason;
  // The spread of before is kept: the very next session is judged.
  EXPECT_EQ(Made(31).slow(1.1, 30, 31).accept(30).first().verdict, Verdict::unchanged);
  EXPECT_EQ(Made(31).slow(1.1, 30, 31).slow(1.05, 31, 31).accept(30).first().verdict,
            Verdict::inconclusive);
}

TEST(Track, CreepIsHeldAgainstThePinnedSession) {
  Made made(41);
  for (std::size_t at = 2; at <= 41; ++at) made.slow(1.0007, at, 41);
  made.set.sessions[1].pinned = true;
  const Judgement judgement = made.first();
  EXPECT_EQ(judgement.verdict, Verdict::regression) << judgement.reason;
  EXPECT_GT(judgement.change.value, 0.015);
  Made steady(41);
  steady.set.sessions[1].pinned = true;
  EXPECT_EQ(steady.first().verdict, Verdict::unchanged);
}

TEST(Track, TheCodeDecidesWhereItIsKnown) {
  Made made(30);
  made.slow(1.04, 25, 30);
  for (SessionValue& value : made.set.series[0].values) value.code_hash = "same";
  EXPECT_EQ(made.first().verdict, Verdict::environment);
  EXPECT_TRUE(made.first().same_code);
  for (std::size_t at = 24; at < 30; ++at) made.set.series[0].values[at].code_hash = "other";
  EXPECT_EQ(made.driver(25).first().verdict, Verdict::regression);
}

TEST(Track, AClockThatFellIsNoRegression) {
  Made made(30);
  made.slow(1.04, 25, 30);
  for (std::size_t at = 24; at < 30; ++at) made.set.series[0].values[at].clock_hz = 2e9 / 1.04;
  const Judgement judgement = made.first();
  EXPECT_EQ(judgement.verdict, Verdict::environment);
  EXPECT_NEAR(judgement.change_cycles.value, 0, 0.01);
  EXPECT_TRUE(says(judgement, "a clock of 1.923 GHz after 2.000 GHz")) << judgement.reason;
}

TEST(Track, FailedSessionsAreLeftOutOfTheLevel) {
  Made made(30);
  for (const std::size_t at : {3U, 7U, 20U}) made.set.series[0].values[at].time_s = kUnknown;
  EXPECT_EQ(made.first().verdict, Verdict::unchanged);
  made.set.series[0].values.back().time_s = kUnknown;
  made.set.series[0].values.back().message = "out of memory";
  EXPECT_EQ(made.first().verdict, Verdict::invalid);
  EXPECT_TRUE(says(made.first(), "out of memory"));
}

TEST(Track, AProcessThatFailedMakesTodayInvalid) {
  Made made(30);
  made.set.series[0].values[28].failed = 1;  // of an earlier day
  EXPECT_EQ(made.first().verdict, Verdict::unchanged);
  made.set.series[0].values.back().failed = 1;
  made.set.series[0].values.back().processes = 2;
  made.set.series[0].values.back().message = "c[7] is 1, not 2";
  EXPECT_EQ(made.first().verdict, Verdict::invalid);
  EXPECT_EQ(made.first().reason, "1 of 3 processes did not measure it: c[7] is 1, not 2");
}

TEST(Track, DevicesOfOneNameAreToldApart) {
  const auto names = [](const Made& made) {
    std::vector<std::string> all;
    for (const Judgement& judgement : made.track().judgements) all.push_back(judgement.benchmark);
    return all;
  };
  Made made(10, 2);
  made.set.series[1].benchmark = "bm0";
  made.set.series[1].identity = "another gpu";
  made.set.environments[0].facts.push_back({"device_id", "aa", true});
  made.set.environments[1].facts.push_back({"device_id", "bb", true});
  for (SessionValue& value : made.set.series[1].values) value.environment = 1;
  EXPECT_EQ(names(made), (std::vector<std::string>{"bm0 @ Example GPU, device_id aa",
                                                   "bm0 @ Example GPU, device_id bb"}));
  made.set.environments[1].facts[0].value = "Other GPU";
  EXPECT_EQ(names(made), (std::vector<std::string>{"bm0 @ Example GPU", "bm0 @ Other GPU"}));
}

TEST(Track, WhatIsMissingAndWhatIsNewIsSaid) {
  Made made(10, 2);
  made.set.series[1].values.pop_back();
  const Comparison comparison = made.track();
  EXPECT_EQ(comparison.judgements.size(), 1U);
  ASSERT_EQ(comparison.notes.size(), 1U);
  EXPECT_EQ(comparison.notes[0], "one benchmark of session 9 was not measured this time: bm1");
  EXPECT_EQ(exit_code(history::track({}, {})), ExitCode::invalid_input);
}

TEST(Track, NoisySessionsAreInconclusiveAndSaySo) {
  const Judgement judgement = Made(30, 1, 0.04).first();
  EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
  EXPECT_TRUE(says(judgement, "scatter")) << judgement.reason;
}

TEST(Track, AChangeThatMayBeLargeIsNotUnchanged) {
  Made made(30, 1, 0.02);
  made.set.series[0].values.back().time_s = 1e-3 * std::exp(0.035);  // ± 4 %
  EXPECT_EQ(made.first().verdict, Verdict::inconclusive) << made.first().reason;
}

TEST(Track, AnAcceptanceOfALaterSessionIsNotYet) {
  Made made(30);
  made.accept(40);
  EXPECT_FALSE(says(made.first(), "accepted")) << made.first().reason;
}

TEST(Track, AClockThatMovedALittleIsNoExcuse) {
  Made made(30);
  made.slow(1.04, 25, 30);
  for (std::size_t at = 24; at < 30; ++at) made.set.series[0].values[at].clock_hz = 2e9 / 1.005;
  EXPECT_EQ(made.first().verdict, Verdict::regression);
}

// The mean of two sessions that correlate by 0.5 has the variance (1 + 0.5)/2, and that of a level
// of ten (1 + 0.5)/(1 - 0.5)/10.
TEST(Track, NeighboursThatResembleEachOtherSayLess) {
  Level level;
  level.sd = 0.01;
  level.count = 10;
  level.correlation = 0.5;
  EXPECT_NEAR(level.error_of(2), 0.01 * std::sqrt(0.75 + 0.3), 1e-12);
  level.correlation = 0;
  EXPECT_NEAR(level.error_of(2), 0.01 * std::sqrt(0.5 + 0.1), 1e-12);
}

// Two sessions that are slower by what is called detectable: 99 of 100 are to be heard.
TEST(Track, WhatIsDetectableIsDetected) {
  int found = 0;
  for (std::uint64_t run = 0; run < 200; ++run) {
    const double detectable = Made(30, 1, 0.003, run).first().detectable;
    found +=
        Made(32, 1, 0.003, run).slow(1 + detectable, 31, 32).first().verdict == Verdict::regression;
  }
  EXPECT_GE(found, 180);
}

// 2,000 benchmarks that did not change, and a promise of one false alarm in 1,000 runs of 50: 0.04
// are expected, and two by chance once in 1,250 times.
TEST(Track, NoChangeRaisesNoAlarm) {
  int alarms = 0;
  for (std::uint64_t run = 0; run < 40; ++run) {
    Made made(30, 50, 0.008, run);
    made.set.sessions[4].pinned = true;
    alarms += static_cast<int>(count(made.track(), Verdict::regression));
  }
  EXPECT_LE(alarms, 1);
}

TEST(Track, TwoPercentIsFound) {
  int found = 0;
  for (std::uint64_t run = 0; run < 200; ++run) {
    found += Made(33, 1, 0.003, run).slow(1.02, 31, 33).first().verdict == Verdict::regression;
  }
  EXPECT_GE(found, 190);
}

}  // namespace
}  // namespace derate::history
