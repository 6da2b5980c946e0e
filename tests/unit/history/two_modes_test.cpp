// SPDX-License-Identifier: Apache-2.0
// Series that are quick one session and slow the next, and series that creep by more than they
// scatter: neither is taken for what it is not.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "made_history.h"

namespace derate::history {
namespace {

/// Sessions that are slow by 3 % at random, with a probability of `share`.
Made in_two_modes(std::size_t sessions, double share, std::uint64_t seed) {
  Made made(sessions, 1, 0.002, seed);
  std::mt19937_64 random(seed);
  std::bernoulli_distribution slow(share);
  for (std::size_t at = 1; at <= sessions; ++at) {
    if (slow(random)) made.slow(1.03, at, at);
  }
  return made;
}

// 0.2 % of 4,000 are 8; more than 17 come by chance once in 500 times. The simulation with more of
// them is derate_track_power. Before, 5.7 % were regressions at 30 % of slow sessions.
TEST(TwoModes, ChanceRunsAreNoRegressions) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const double share = std::array{0.05, 0.1, 0.3, 0.5}[seed % 4];
    alarms += in_two_modes(30, share, seed).first().verdict == Verdict::regression;
  }
  EXPECT_LE(alarms, 17);
}

TEST(TwoModes, AStepBeyondBothIsFoundWithinFourSessions) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    found += in_two_modes(34, 0.3, seed).slow(1.07, 31, 34).first().verdict == Verdict::regression;
  }
  EXPECT_GE(found, 190);
}

TEST(TwoModes, StayingSlowIsARegressionInTheEnd) {
  Made made(60, 1, 0.002);
  for (std::size_t at = 1; at <= 60; ++at) {
    if (at % 4 == 0 || at > 45) made.slow(1.03, at, at);
  }
  EXPECT_EQ(made.first().verdict, Verdict::regression) << made.first().reason;
}

// Slow once before in twelve sessions: three in a row say nothing yet, and five do.
TEST(TwoModes, WhatWasSlowBeforeTakesMoreSessions) {
  const auto verdict = [](std::size_t slow_at_the_end) {
    const std::size_t sessions = 12 + slow_at_the_end;
    return Made(sessions, 1, 0.001).slow(1.1, 5, 5).slow(1.1, 13, sessions).first().verdict;
  };
  EXPECT_NE(verdict(3), Verdict::regression);
  EXPECT_EQ(verdict(5), Verdict::regression);
}

// 0.1 % a session and nothing else: no session is a spike, and a step of 30 % is heard.
TEST(Creep, ThatExceedsTheScatterHidesNoStep) {
  for (const std::size_t sessions : {13U, 14U, 15U}) {
    Made made(sessions, 1, 1e-5);
    for (std::size_t at = 2; at <= sessions; ++at) made.slow(1.001, at, sessions);
    made.slow(1.3, 11, sessions);
    EXPECT_EQ(made.first().verdict, Verdict::regression) << sessions << made.first().reason;
  }
}

}  // namespace
}  // namespace derate::history
