// SPDX-License-Identifier: Apache-2.0
// The stopping rule, warm-up and rotation on a fake clock, so that every figure is exact.
#include "measure/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "derate/error.h"
#include "derate/operands.h"

namespace derate {
namespace {

/// Work whose n-th launch takes cost(n) seconds of a clock that nothing else moves.
class FakeInstance : public Instance {
 public:
  explicit FakeInstance(std::function<double(std::size_t)> cost, int sets = 1)
      : cost_(std::move(cost)), sets_(sets) {}
  void launch(int set) override {
    now_s += cost_(launched_sets.size());
    launched_sets.push_back(set);
  }
  [[nodiscard]] int sets() const override { return sets_; }
  [[nodiscard]] bool host_takes_part() const override { return with_host; }
  [[nodiscard]] int longest_batch() const override { return longest; }
  [[nodiscard]] std::optional<std::string> check() override { return {}; }

  double now_s = 0;
  bool with_host = false;
  int longest = 1 << 30;
  std::vector<int> launched_sets;

 private:
  std::function<double(std::size_t)> cost_;
  int sets_;
};

class FakeSession : public Session {
 public:
  explicit FakeSession(FakeInstance& instance) : instance_(instance) {}
  [[nodiscard]] const Device& device() const override { return device_; }
  void synchronize() override {}
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    batches.push_back(launches);
    const double start_s = instance_.now_s;
    for (int i = 0; i < launches; ++i) launch(i);
    Sample sample{instance_.now_s - start_s, 1e9 + static_cast<double>(batches.size())};
    if (sensors) sensors(batches.size(), sample);
    return sample;
  }
  [[nodiscard]] Sample sample_by_host(const std::function<void(int)>& launch,
                                      int launches) override {
    ++by_host;
    return sample(launch, launches);
  }
  [[nodiscard]] Telemetry telemetry() override {
    telemetry_at_s.push_back(instance_.now_s);
    return {};
  }
  [[nodiscard]] double clock_rise_s() const override { return clock_may_rise_s; }
  void rest(double time_s) override {
    rested_s += time_s;
    rested_at_s = instance_.now_s;
  }

  std::vector<int> batches;
  std::size_t by_host = 0;
  double clock_may_rise_s = 0;
  double rested_s = 0;
  double rested_at_s = 0;  ///< by the instance's clock
  std::vector<double> telemetry_at_s;
  std::function<void(std::size_t, Sample&)> sensors;  ///< what the n-th batch's sensors read

 private:
  FakeInstance& instance_;
  Device device_;
};

bool never() { return false; }

std::function<double(std::size_t)> steady(double time_s) {
  return [time_s](std::size_t) { return time_s; };
}

/// ± `noise` around `time_s`; no interval of its median is narrow for long.
std::function<double(std::size_t)> noisy(double time_s, double noise) {
  return [=](std::size_t n) { return time_s * (1 + noise * uniform_element(9, n)); };
}

double sum(const Samples& samples) {
  double total_s = 0;
  for (const double time_s : samples.times_s) total_s += time_s * samples.launches_per_sample;
  return total_s;
}

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
