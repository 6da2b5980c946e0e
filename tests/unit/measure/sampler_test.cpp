// SPDX-License-Identifier: Apache-2.0
// The stopping rule and rotation on a fake clock, so that every figure is exact.
#include "measure/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "derate/error.h"
#include "unit/measure/fake_session.h"

namespace derate {
namespace {

using test::FakeInstance;
using test::FakeSession;
using test::never;
using test::noisy;
using test::steady;
using test::sum;

TEST(Measure, StopsAtMinSamplesWhenSteady) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  Plan plan;
  plan.min_samples = 13;
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_TRUE(samples.converged);
  EXPECT_EQ(samples.times_s.size(), 13u);
  EXPECT_EQ(samples.clocks_hz.size(), 13u);
  for (const double time_s : samples.times_s) EXPECT_NEAR(time_s, 0.01, 1e-12);
}

TEST(Measure, NeedsSixSamplesForAnInterval) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  Plan plan;
  plan.min_samples = 1;
  EXPECT_EQ(measure(session, instance, plan, never).times_s.size(), 6u);  // fewer never cover 95 %
}

TEST(Measure, StopsAsSoonAsTheIntervalIsNarrow) {
  // Odd launches take 2 % longer until the 21st: the median's interval narrows when the
  // steady ones outnumber them.
  FakeInstance instance([](std::size_t n) { return n < 21 && n % 2 == 1 ? 0.0102 : 0.01; });
  FakeSession session(instance);
  Plan plan;
  plan.warm_up_s = 0;
  plan.time_limit_s = 100;
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_TRUE(samples.converged);
  EXPECT_GT(samples.times_s.size(), 20u);
  EXPECT_LT(samples.times_s.size(), 60u);
}

TEST(Measure, RunsToTheTimeLimitWhenNoisy) {
  FakeInstance instance(noisy(0.01, 0.5));
  FakeSession session(instance);
  Plan plan;
  plan.target_half_width = 0.001;
  plan.time_limit_s = 1.0;
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_FALSE(samples.converged);
  EXPECT_GE(sum(samples), 1.0);
  EXPECT_LT(sum(samples), 1.0 + 0.015);  // one sample too many at most
}

TEST(Measure, SlowLaunchesEndAtFourTimesTheLimit) {
  FakeInstance instance(steady(0.5));
  FakeSession session(instance);
  Plan plan;
  plan.time_limit_s = 0.5;  // 10 samples would take 5 s
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_EQ(samples.times_s.size(), 4u);
  EXPECT_FALSE(samples.converged);
  EXPECT_EQ(samples.launches_per_sample, 1);
}

TEST(Measure, GoesOnUntilMinSamplesBetweenLimitAndFourTimesIt) {
  FakeInstance instance(noisy(0.1, 0.5));
  FakeSession session(instance);
  Plan plan;
  plan.time_limit_s = 0.5;  // 10 samples take about 1 s
  EXPECT_EQ(measure(session, instance, plan, never).times_s.size(), 10u);
}

TEST(Measure, MinTimeKeepsASteadyMeasurementGoing) {
  FakeInstance instance(steady(0.0625));  // a power of two: sums are exact
  FakeSession session(instance);
  Plan plan;
  plan.min_time_s = 2;  // beyond the time limit, which gives way
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_TRUE(samples.converged);
  EXPECT_EQ(samples.times_s.size(), 32u);
}

TEST(Measure, WarmsUpForTheTimeAskedAndSaysSo) {
  FakeInstance instance(steady(0.0078125));
  FakeSession session(instance);
  Plan plan;
  plan.warm_up_s = 0.0625;  // eight launches
  plan.min_samples = 6;
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_EQ(samples.warm_up_s, 0.0625);
  EXPECT_EQ(instance.launched_sets.size(), 8u + samples.times_s.size());
}

TEST(Measure, FillsASampleWithLaunches) {
  FakeInstance instance(steady(1e-5));
  FakeSession session(instance);
  Plan plan;
  plan.min_sample_s = 5e-3;
  const Samples samples = measure(session, instance, plan, never);
  EXPECT_NEAR(samples.launches_per_sample, 500, 1);
  EXPECT_NEAR(samples.times_s.front(), 1e-5, 1e-12);  // of one launch, not of the sample
  EXPECT_EQ(session.batches.back(), samples.launches_per_sample);
}

TEST(Measure, BoundsTheLaunchesOfAFreeOperation) {
  FakeInstance instance(steady(1e-12));
  FakeSession session(instance);
  Plan plan;
  plan.warm_up_s = 1e-9;
  plan.time_limit_s = 1e-6;
  EXPECT_LE(measure(session, instance, plan, never).launches_per_sample, 1 << 20);
}

TEST(Measure, RotatesOverAllSetsInOrderAndAcrossSamples) {
  constexpr int kSets = 7;
  FakeInstance instance(steady(0.002), kSets);
  FakeSession session(instance);
  const Samples samples = measure(session, instance, Plan{}, never);
  ASSERT_EQ(samples.launches_per_sample, 3);  // does not divide the sets
  for (std::size_t i = 0; i < instance.launched_sets.size(); ++i) {
    ASSERT_EQ(instance.launched_sets[i], static_cast<int>(i % kSets)) << "launch " << i;
  }
}

TEST(Measure, KeepsTheClockOfEachSample) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  const Samples samples = measure(session, instance, Plan{}, never);
  const auto warm_ups = session.batches.size() - samples.times_s.size();
  for (std::size_t i = 0; i < samples.clocks_hz.size(); ++i) {
    EXPECT_EQ(samples.clocks_hz[i], 1e9 + static_cast<double>(warm_ups + i + 1));
  }
}

TEST(Measure, IsInterruptedDuringWarmUpAndSampling) {
  for (const int calls : {0, 1, 12}) {
    FakeInstance instance(noisy(0.01, 0.5));
    FakeSession session(instance);
    int asked = 0;
    EXPECT_THROW((void)measure(session, instance, Plan{}, [&] { return asked++ == calls; }),
                 Interrupted);
    EXPECT_EQ(session.batches.size(), static_cast<std::size_t>(calls));
  }
}

TEST(Measure, CountsTheSamplesThatWaitedForTheHost) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  std::size_t sampled = 0;
  session.sensors = [&](std::size_t, Sample& sample) {
    if (instance.now_s > 0.05 + 1e-9) sample.host_bound = ++sampled % 4 == 0;
  };
  Plan plan;
  plan.min_samples = 12;
  EXPECT_DOUBLE_EQ(measure(session, instance, plan, never).host_bound_share, 0.25);
  session.sensors = nullptr;
  EXPECT_EQ(measure(session, instance, plan, never).host_bound_share, 0);
}

TEST(Measure, ForgetsWhatTheSensorsSawDuringWarmUp) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  const Samples samples = measure(session, instance, Plan{}, never);
  ASSERT_EQ(session.telemetry_at_s.size(), 1u);
  EXPECT_EQ(session.telemetry_at_s.front(), samples.warm_up_s);
}

TEST(Measure, LetsADeviceErrorThrough) {
  FakeInstance instance([](std::size_t n) {
    if (n == 9) throw DeviceError("an illegal address", true);
    return 0.01;
  });
  FakeSession session(instance);
  try {
    (void)measure(session, instance, Plan{}, never);
    FAIL() << "no exception";
  } catch (const DeviceError& error) {
    EXPECT_TRUE(error.lost());
    EXPECT_EQ(std::string(error.what()), "an illegal address");
  }
}

TEST(Measure, TimesByTheHostsClockWhatTheHostTakesPartIn) {
  FakeInstance instance(steady(0.01));
  FakeSession session(instance);
  (void)measure(session, instance, Plan{}, never);
  EXPECT_EQ(session.by_host, 0u);
  instance.with_host = true;
  session.batches.clear();
  (void)measure(session, instance, Plan{}, never);
  EXPECT_EQ(session.by_host, session.batches.size());
  EXPECT_GT(session.by_host, 0u);
}

TEST(Measure, LaunchesNoMoreAtOnceThanTheInstanceTakes) {
  FakeInstance instance(steady(1e-6));
  instance.longest = 300;  // not a power of two: warming up doubles
  FakeSession session(instance);
  const Samples samples = measure(session, instance, Plan{}, never);
  EXPECT_EQ(samples.launches_per_sample, 300);
  EXPECT_LE(*std::max_element(session.batches.begin(), session.batches.end()), 300);
}

}  // namespace
}  // namespace derate
