// SPDX-License-Identifier: Apache-2.0
// Taking turns, on a fake device whose clock is that of the work done on it: the order, what drift
// does to it, and what one that is slow, throttled or done does to the others.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "derate/error.h"
#include "derate/operands.h"
#include "derate/statistics.h"
#include "measure/sampler.h"

namespace derate {
namespace {

/// A device on which work takes longer the later it is, as `slowdown` says.
class DriftingSession : public Session {
 public:
  [[nodiscard]] const Device& device() const override { return device_; }
  void synchronize() override {}
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    const double start_s = now_s;
    for (int i = 0; i < launches; ++i) launch(i);
    Sample sample{now_s - start_s, 1e9};
    if (sensors) sensors(sample);
    return sample;
  }
  [[nodiscard]] Telemetry telemetry() override {
    sampling_since = launched.size();
    return {};
  }
  void rest(double time_s) override { rested_s += time_s; }

  void work(double time_s) { now_s += time_s * slowdown(now_s); }

  double now_s = 0;
  double rested_s = 0;
  std::function<double(double)> slowdown = [](double) { return 1.0; };
  std::function<void(Sample&)> sensors;
  std::string launched;  ///< the name of every instance, in the order of launches
  std::vector<int> sets;
  std::size_t sampling_since = 0;

 private:
  Device device_;
};

class Worker : public Instance {
 public:
  Worker(char name, double time_s, DriftingSession& session, int sets = 1)
      : name_(name), time_s_(time_s), session_(session), sets_(sets) {}
  void launch(int set) override {
    session_.launched += name_;
    session_.sets.push_back(set);
    session_.work(time_s_);
  }
  [[nodiscard]] int sets() const override { return sets_; }
  [[nodiscard]] std::optional<std::string> check() override { return {}; }

 private:
  char name_;
  double time_s_;
  DriftingSession& session_;
  int sets_;
};

bool never() { return false; }

/// 10 ms a launch, so that each sample is one launch.
constexpr double kLaunch_s = 0.01;

Plan steps_of(int samples) {
  Plan plan;
  plan.min_samples = samples;
  plan.time_limit_s = 1e3;
  plan.target_half_width = 1e3;  // the first samples that suffice
  return plan;
}

/// The names of those that were sampled, one after the other.
std::string sampled(std::size_t contenders, int samples) {
  DriftingSession session;
  std::vector<Worker> workers;
  std::vector<Instance*> instances;
  for (std::size_t i = 0; i < contenders; ++i) {
    workers.emplace_back(static_cast<char>('A' + i), kLaunch_s, session);
  }
  for (Worker& worker : workers) instances.push_back(&worker);
  (void)measure_side_by_side(session, instances, steps_of(samples), never);
  return session.launched.substr(session.sampling_since);
}

TEST(SideBySide, TurnsBeginWithAnotherOneEachTime) {
  EXPECT_EQ(sampled(2, 6), "ABBAABBAABBA");
  EXPECT_EQ(sampled(1, 6), "AAAAAA");
}

TEST(SideBySide, ASampleOfSeveralLaunchesStandsBehindOneThatIsNotTimed) {
  constexpr double kShort_s = 2e-3;  // three to a sample of 5 ms
  DriftingSession session;
  Worker a('A', kShort_s, session);
  Worker b('B', kShort_s, session);
  const std::array<Instance*, 2> both = {&a, &b};
  const auto samples = measure_side_by_side(session, both, steps_of(6), never);
  EXPECT_EQ(session.launched.substr(session.sampling_since),
            "AAAABBBBBBBBAAAAAAAABBBBBBBBAAAAAAAABBBBBBBBAAAA");
  EXPECT_EQ(samples.front().launches_per_sample, 3);
  EXPECT_DOUBLE_EQ(samples.front().times_s.front(), kShort_s);
  session.launched.clear();
  (void)measure_side_by_side(session, std::span(both).first(1), steps_of(6), never);
  EXPECT_EQ(session.launched.substr(session.sampling_since), std::string(6 * 3, 'A'))
      << "alone it is not needed";
}

TEST(SideBySide, OfThreeEveryOrderComesUp) { EXPECT_EQ(sampled(3, 6), "ABCBCACABACBBACCBA"); }

TEST(SideBySide, EachFollowsEachOther) {
  const std::string order = sampled(4, 16);
  for (const char first : std::string("ABCD")) {
    for (const char second : std::string("ABCD")) {
      if (first == second) continue;
      EXPECT_NE(order.find({first, second}), std::string::npos) << first << second;
    }
  }
}

std::vector<double> ratios(const Samples& a, const Samples& b) {
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(a.times_s.size(), b.times_s.size()); ++i) {
    all.push_back(a.times_s[i] / b.times_s[i]);
  }
  return all;
}

/// Equal work, on a device that becomes 10 % slower every second.
TEST(SideBySide, DriftThatBiasesOneAfterTheOtherCancels) {
  const auto slower = [](double now_s) { return 1 + 0.1 * now_s; };
  DriftingSession session;
  session.slowdown = slower;
  Worker a('A', kLaunch_s, session);
  Worker b('B', kLaunch_s, session);
  const std::array<Instance*, 2> both = {&a, &b};
  const auto samples = measure_side_by_side(session, both, steps_of(20), never);
  EXPECT_NEAR(median(ratios(samples[0], samples[1])), 1, 3e-4) << "even from sample to sample";

  DriftingSession sequential;
  sequential.slowdown = slower;
  Worker first('A', kLaunch_s, sequential);
  Worker second('B', kLaunch_s, sequential);
  const Samples before = measure(sequential, first, steps_of(20), never);
  const Samples after = measure(sequential, second, steps_of(20), never);
  EXPECT_LT(median(ratios(before, after)), 0.98) << "else there is nothing to cancel";
}

/// A clock that falls by a third while they are measured: at any time B takes 1.25 times as long.
TEST(SideBySide, AStepOfTheClockLeavesTheRatiosOfSamples) {
  DriftingSession session;
  Worker a('A', kLaunch_s, session);
  Worker b('B', 1.25 * kLaunch_s, session);
  session.slowdown = [](double now_s) { return now_s < 0.35 ? 1.0 : 1.5; };
  const std::array<Instance*, 2> both = {&a, &b};
  const auto samples = measure_side_by_side(session, both, steps_of(20), never);
  EXPECT_NEAR(median(ratios(samples[1], samples[0])), 1.25, 1e-9);
}

TEST(SideBySide, AllHaveAsManySamplesAsTheOneThatNeedsMost) {
  DriftingSession session;
  Worker steady('A', kLaunch_s, session);
  Worker noisy('B', kLaunch_s, session);
  int n = 0;
  session.sensors = [&](Sample& sample) {
    if (session.launched.back() == 'B') sample.time_s *= 1 + 0.2 * uniform_element(7, ++n);
  };
  Plan plan;
  plan.time_limit_s = 0.5;
  const std::array<Instance*, 2> both = {&steady, &noisy};
  const auto samples = measure_side_by_side(session, both, plan, never);
  EXPECT_TRUE(samples[0].converged);
  EXPECT_FALSE(samples[1].converged);
  EXPECT_GT(samples[0].times_s.size(), 30u) << "went on beside the other";
  EXPECT_NEAR(static_cast<double>(samples[0].times_s.size()),
              static_cast<double>(samples[1].times_s.size()), 8);
}

TEST(SideBySide, OneThatIsSlowEndsAtItsOwnLimitAndTheOthersGoOn) {
  DriftingSession session;
  Worker slow('S', 0.5, session);
  Worker quick('Q', kLaunch_s, session);
  Plan plan;
  plan.time_limit_s = 0.3;
  const std::array<Instance*, 2> both = {&slow, &quick};
  const auto samples = measure_side_by_side(session, both, plan, never);
  EXPECT_EQ(samples[0].times_s.size(), 3u) << "1.2 s";
  EXPECT_FALSE(samples[0].converged);
  EXPECT_EQ(samples[1].times_s.size(), 10u);
  EXPECT_TRUE(samples[1].converged);
}

TEST(SideBySide, WarmingUpPutsTheSameLoadOnTheDeviceForAll) {
  DriftingSession session;
  Worker slow('S', 0.4, session);
  Worker quick('Q', kLaunch_s, session);
  const std::array<Instance*, 2> both = {&slow, &quick};
  Plan plan = plan_of(Mode::sustained);
  const auto samples = measure_side_by_side(session, both, plan, never);
  EXPECT_TRUE(samples[0].settled);
  EXPECT_TRUE(samples[1].settled);
  EXPECT_NEAR(samples[0].warm_up_s, samples[1].warm_up_s, 0.5);
  EXPECT_GE(samples[0].warm_up_s, 3 - 1e-9);
  EXPECT_GE(samples[1].warm_up_s, 3 - 1e-9);
  const std::string before = session.launched.substr(0, session.sampling_since);
  EXPECT_NE(before.find("QS"), std::string::npos) << "by turns, not one after the other";
}

TEST(SideBySide, EachFillsItsOwnSample) {
  DriftingSession session;
  Worker quick('Q', 1e-4, session);
  Worker slow('S', 2e-3, session);
  const std::array<Instance*, 2> both = {&quick, &slow};
  const auto samples = measure_side_by_side(session, both, Plan{}, never);
  EXPECT_NEAR(samples[0].launches_per_sample, 50, 1);
  EXPECT_NEAR(samples[1].launches_per_sample, 3, 1);
  EXPECT_NEAR(samples[0].times_s.front(), 1e-4, 1e-12);
  EXPECT_NEAR(samples[1].times_s.front(), 2e-3, 1e-12);
}

/// Shared sets: what one has just used is what the other must not begin with.
TEST(SideBySide, RotationGoesOnFromOneToTheNext) {
  constexpr int kSets = 7;
  DriftingSession session;
  Worker a('A', 0.002, session, kSets);
  Worker b('B', 0.002, session, kSets);
  const std::array<Instance*, 2> both = {&a, &b};
  (void)measure_side_by_side(session, both, Plan{}, never);
  for (std::size_t i = 0; i < session.sets.size(); ++i) {
    ASSERT_EQ(session.sets[i], static_cast<int>(i % kSets)) << "launch " << i;
  }
}

TEST(SideBySide, RestsAfterAThrottledSampleOfAnyone) {
  DriftingSession session;
  Worker a('A', kLaunch_s, session);
  Worker b('B', kLaunch_s, session);
  session.sensors = [&](Sample& sample) {
    sample.throttled = session.sampling_since > 0 && session.launched.back() == 'B' &&
                       session.launched.size() < session.sampling_since + 8;
  };
  const std::array<Instance*, 2> both = {&a, &b};
  const auto samples = measure_side_by_side(session, both, steps_of(6), never);
  const auto held = [](const Samples& of) {
    return std::count(of.throttled.begin(), of.throttled.end(), 1.0);
  };
  EXPECT_EQ(held(samples[0]), 0);
  EXPECT_EQ(held(samples[1]), 4) << "ABBAABBA";
  EXPECT_DOUBLE_EQ(session.rested_s, 4 * Plan{}.rest_s);
}

TEST(SideBySide, IsInterruptedBetweenSamples) {
  for (const int calls : {0, 3, 14, 17}) {
    DriftingSession session;
    Worker a('A', kLaunch_s, session);
    Worker b('B', kLaunch_s, session);
    const std::array<Instance*, 2> both = {&a, &b};
    int asked = 0;
    EXPECT_THROW(
        (void)measure_side_by_side(session, both, Plan{}, [&] { return asked++ == calls; }),
        Interrupted);
    EXPECT_EQ(session.launched.size(), static_cast<std::size_t>(calls));
  }
}

}  // namespace
}  // namespace derate
