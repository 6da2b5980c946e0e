// SPDX-License-Identifier: Apache-2.0
// Warm-up, rests and the settled state on a fake clock: when sampling begins, in a burst and
// sustained.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "measure/sampler.h"
#include "unit/measure/fake_session.h"

namespace derate {
namespace {

using test::FakeInstance;
using test::FakeSession;
using test::never;
using test::noisy;
using test::steady;
using test::sum;

TEST(Burst, DoesNotWaitForThePaceToSettle) {
  FakeInstance instance([](std::size_t n) { return 0.01 * (1 + 0.01 * static_cast<double>(n)); });
  FakeSession session(instance);
  const Samples samples = measure(session, instance, plan_of(Mode::burst), never);
  EXPECT_TRUE(samples.settled);
  EXPECT_LT(samples.warm_up_s, 0.1);
}

TEST(Burst, RestsAfterAThrottledSampleAndKeepsIt) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  // Warm-up takes the first batches; then two samples are throttled, one is unread, the rest free.
  std::size_t samples_seen = 0;
  session.sensors = [&](std::size_t batch, Sample& sample) {
    sample.power_w = 100.0 + static_cast<double>(batch);
    sample.temperature_c = 50;
    if (instance.now_s <= 0.05 + 1e-9) return;
    if (++samples_seen != 3) sample.throttled = samples_seen < 3;
  };
  const Samples samples = measure(session, instance, plan_of(Mode::burst), never);
  ASSERT_EQ(samples.throttled.size(), samples.times_s.size());
  EXPECT_EQ(samples.throttled[0], 1);
  EXPECT_EQ(samples.throttled[1], 1);
  EXPECT_TRUE(std::isnan(samples.throttled[2]));
  EXPECT_EQ(samples.throttled[3], 0);
  EXPECT_EQ(samples.powers_w.size(), samples.times_s.size());
  EXPECT_EQ(samples.powers_w[1], samples.powers_w[0] + 1);
  EXPECT_EQ(samples.temperatures_c[0], 50);
  EXPECT_DOUBLE_EQ(session.rested_s, 3 * plan_of(Mode::burst).rest_s);
}

/// Samples of launches of 1 ms on a device whose clock, after `time_s` of load, is
/// clock_hz(time_s).
Samples on_a_rising_clock(double longest_s, const std::function<double(double)>& clock_hz) {
  FakeInstance instance(steady(0.001));
  FakeSession session(instance);
  session.clock_may_rise_s = longest_s;
  session.sensors = [&](std::size_t, Sample& sample) {
    sample.clock_hz = clock_hz(instance.now_s);
  };
  return measure(session, instance, plan_of(Mode::burst), never);
}

/// From 345 MHz in steps of 10 ms to 1980 MHz, which are reached after 0.4 s.
double clock_of_an_idle_h200_hz(double load_s) {
  return 345e6 + std::min(std::floor(load_s / 0.01) / 40, 1.0) * 1635e6;
}

TEST(Clock, IsWaitedForUntilItIsLevel) {
  const Samples samples = on_a_rising_clock(2, clock_of_an_idle_h200_hz);
  EXPECT_GT(samples.warm_up_s, 0.41);
  EXPECT_LT(samples.warm_up_s, 0.5);
  EXPECT_GT(samples.clocks_hz.front(), 1.979e9) << "no sample of a lower clock";
}

TEST(Clock, IsNotWaitedForOnADeviceWhoseClockDoesNotRise) {
  EXPECT_NEAR(on_a_rising_clock(0, clock_of_an_idle_h200_hz).warm_up_s, 0.05, 0.006);
}

TEST(Clock, ThatIsLevelOrUnknownTakesNoMoreThanTheUsualWarmUp) {
  for (const double clock_hz : {1.98e9, std::nan("")}) {
    const Samples samples = on_a_rising_clock(2, [=](double) { return clock_hz; });
    EXPECT_NEAR(samples.warm_up_s, 0.05, 0.011) << clock_hz;
  }
}

TEST(Clock, IsWaitedForNoLongerThanItMayRise) {
  const Samples samples =
      on_a_rising_clock(2, [](double load_s) { return 1e9 * std::exp(2 * load_s); });
  EXPECT_NEAR(samples.warm_up_s, 2, 0.01);
}

TEST(Clock, ThatGoesToAndFroUnderALimitIsLevel) {
  int turn = 0;
  const Samples samples =
      on_a_rising_clock(2, [&](double) { return ++turn % 2 == 0 ? 1.70e9 : 1.76e9; });
  EXPECT_LT(samples.warm_up_s, 0.2);
}

TEST(Clock, ThatARestLetFallIsWaitedFor) {
  FakeInstance instance(steady(0.001));
  FakeSession session(instance);
  session.clock_may_rise_s = 2;
  bool throttled_once = false;
  session.sensors = [&](std::size_t, Sample& sample) {
    const double since_rest_s = instance.now_s - session.rested_at_s;
    sample.clock_hz =
        session.rested_s > 0 && since_rest_s < 0.06 ? 1e9 + 1e10 * since_rest_s : 1.6e9;
    // The first sample after the warm-up.
    sample.throttled = !throttled_once && instance.now_s > 0.08;
    throttled_once = throttled_once || *sample.throttled;
  };
  const Samples samples = measure(session, instance, plan_of(Mode::burst), never);
  EXPECT_DOUBLE_EQ(session.rested_s, plan_of(Mode::burst).rest_s);
  for (const double clock_hz : samples.clocks_hz) EXPECT_DOUBLE_EQ(clock_hz, 1.6e9);
}

TEST(Sustained, WarmsUpUntilThePaceHasSettled) {
  // A clock that falls for 8 s of load and then stays.
  FakeInstance instance([](std::size_t n) {
    const double load_s = 0.01 * static_cast<double>(n);
    return 0.01 * (load_s < 8 ? 1 + 0.05 * load_s : 1.4);
  });
  FakeSession session(instance);
  session.sensors = [](std::size_t, Sample& sample) { sample.throttled = true; };
  const Samples samples = measure(session, instance, plan_of(Mode::sustained), never);
  EXPECT_TRUE(samples.settled);
  EXPECT_TRUE(samples.converged);
  EXPECT_GT(samples.warm_up_s, 8);
  EXPECT_LT(samples.warm_up_s, 16);
  EXPECT_NEAR(samples.times_s.front(), 0.014, 1e-9) << "the settled pace";
  EXPECT_EQ(session.rested_s, 0) << "a load that rests is not sustained";
}

/// How long a load warms up whose pace is 4 % slower, or faster, from `step_s` on.
double warm_up_of_a_step(double step_s, double after) {
  FakeInstance instance([=, now_s = 0.0](std::size_t) mutable {
    const double time_s = now_s < step_s ? 0.01 : 0.01 * after;
    now_s += time_s;
    return time_s;
  });
  FakeSession session(instance);
  return measure(session, instance, plan_of(Mode::sustained), never).warm_up_s;
}

TEST(Sustained, ComparesTheLastSecondWithTheOneBefore) {
  for (const double after : {1.04, 0.96}) {
    // At 3 s most of the last second is still at the old pace.
    EXPECT_NEAR(warm_up_of_a_step(2.6, after), 3, 0.1) << after;
    // Most of the second before is at the new one once 3.8 s are over.
    EXPECT_NEAR(warm_up_of_a_step(2.3, after), 3.8, 0.2) << after;
  }
}

TEST(Sustained, SamplesForThreeSecondsAtMost) {
  FakeInstance instance(noisy(0.05, 0.004));  // within what counts as settled
  FakeSession session(instance);
  Plan plan = plan_of(Mode::sustained);
  plan.target_half_width = 1e-5;
  plan.settle_limit_s = 3;
  EXPECT_EQ(plan.mode, Mode::sustained);
  EXPECT_NEAR(sum(measure(session, instance, plan, never)), 3, 0.1);
}

TEST(Sustained, SaysThatThePaceNeverSettled) {
  FakeInstance instance([](std::size_t n) { return 0.01 * (1 + 0.001 * static_cast<double>(n)); });
  FakeSession session(instance);
  const Samples samples = measure(session, instance, plan_of(Mode::sustained), never);
  EXPECT_FALSE(samples.settled);
  EXPECT_GE(samples.warm_up_s, plan_of(Mode::sustained).settle_limit_s);
}

TEST(Sustained, WarmsUpForThreeSecondsAtLeast) {
  FakeInstance instance(steady(0.001));
  FakeSession session(instance);
  const Samples samples = measure(session, instance, plan_of(Mode::sustained), never);
  EXPECT_TRUE(samples.settled);
  EXPECT_GE(samples.warm_up_s, 3 - 1e-9);
  EXPECT_LT(samples.warm_up_s, 3.2);
  EXPECT_GE(samples.launches_per_sample, 50);
}

}  // namespace
}  // namespace derate
