// SPDX-License-Identifier: Apache-2.0
// The time left counts all rounds, those of earlier processes too, and moves without jumps.
#include "base/time_left.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace derate {
namespace {

TEST(TimeLeft, IsNotGuessedFromOneRound) {
  TimeLeft time(10, 0, 0);
  time.finish(1);
  time.finish(2);
  EXPECT_FALSE(time.left_s(2));
  time.finish(3);
  EXPECT_NEAR(*time.left_s(3), 7, 1e-9);
  EXPECT_NEAR(*time.left_s(4), 6, 1e-9);  // time passes within a round too
}

TEST(TimeLeft, GoesOnWhereAnotherProcessEnded) {
  // Two of five parts of 10 rounds took 40 s; the third began at 100 s.
  TimeLeft time(50, 20, 60);
  time.finish(102);
  EXPECT_NEAR(*time.left_s(102), 29 * 2, 1e-9);
}

TEST(TimeLeft, RoundsMeasuredBeforeTookNoTime) {
  TimeLeft time(23, 0, 0);
  for (int i = 0; i < 10; ++i) time.skip();
  EXPECT_EQ(time.done(), 10);
  for (int i = 1; i <= 3; ++i) time.finish(2.0 * i);
  EXPECT_NEAR(*time.left_s(6), 20, 1e-9);
}

TEST(TimeLeft, IsNothingAtTheEnd) {
  TimeLeft time(4, 0, 0);
  for (int i = 1; i <= 4; ++i) time.finish(i * i);
  EXPECT_EQ(*time.left_s(16), 0);
}

TEST(TimeLeft, DoesNotJump) {
  // As of a quick suite of a host in five processes: chains of 0.2 s, buffers of 4 s.
  std::mt19937 random(1);
  std::uniform_real_distribution<double> log_time_s(std::log(0.2), std::log(4.0));
  constexpr int kRounds = 23;
  constexpr int kParts = 5;
  double now_s = 0;
  double shown_s = NAN;
  for (int part = 0; part < kParts; ++part) {
    TimeLeft time(kRounds * kParts, std::int64_t{kRounds} * part, 0);
    for (int round = 0; round < kRounds; ++round) {
      const double taken_s = std::exp(log_time_s(random));
      now_s += taken_s;
      time.finish(now_s);
      const std::optional<double> left_s = time.left_s(now_s);
      if (left_s && *left_s > 10 && !std::isnan(shown_s)) {
        EXPECT_LT(std::abs(*left_s - (shown_s - taken_s)) / shown_s, 0.1) << part << ' ' << round;
      }
      shown_s = left_s.value_or(NAN);
    }
  }
}

}  // namespace
}  // namespace derate
