// SPDX-License-Identifier: Apache-2.0
#include "derate/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "derate/statistics.h"

namespace derate {
namespace {

constexpr int kMaxLaunches = 1 << 20;

/// Launches on rotating operand sets, going on where the last sample stopped, so that a set is not
/// reused before every other one was.
class Rotation {
 public:
  Rotation(Session& session, Instance& instance)
      : session_(session),
        instance_(instance),
        longest_(std::clamp(instance.longest_batch(), 1, kMaxLaunches)) {}

  [[nodiscard]] int longest() const { return longest_; }

  Sample sample(int launches) {
    const auto launch = [this](int) {
      instance_.launch(next_);
      next_ = (next_ + 1) % instance_.sets();
    };
    return instance_.host_takes_part() ? session_.sample_by_host(launch, launches)
                                       : session_.sample(launch, launches);
  }

 private:
  Session& session_;
  Instance& instance_;
  int longest_;
  int next_ = 0;
};

/// The pace of a load over time, to see whether it has settled.
class Pace {
 public:
  void add(double per_launch_s, double time_s) {
    spent_s_ += time_s;
    last_batch_s_ = time_s;
    batches_.push_back({spent_s_, per_launch_s});
  }

  /// Whether the last second and the one before differ by no more than this fraction.
  [[nodiscard]] bool settled(double within) const {
    const double window_s = std::max(1.0, 2 * last_batch_s_);  // one launch may last over a second
    const double last_s = between(spent_s_ - window_s, spent_s_);
    const double before_s = between(spent_s_ - 2 * window_s, spent_s_ - window_s);
    return std::abs(last_s - before_s) <= within * before_s;  // false for NaN: nothing in a window
  }

 private:
  struct Batch {
    double until_s;
    double per_launch_s;
  };

  /// Median over the batches that ended within (from, to].
  [[nodiscard]] double between(double from_s, double to_s) const {
    std::vector<double> times_s;
    for (const Batch& batch : batches_) {
      if (batch.until_s > from_s && batch.until_s <= to_s) times_s.push_back(batch.per_launch_s);
    }
    return median(times_s);
  }

  double spent_s_ = 0;
  double last_batch_s_ = 0;
  std::vector<Batch> batches_;
};

/// Warms up in growing batches, until the pace has settled where the plan wants that, and returns
/// how many launches fill one sample.
int warm_up(Rotation& rotation, const Plan& plan, Samples& samples,
            const std::function<bool()>& stop) {
  int launches = 1;
  double per_launch_s = 0;
  Pace pace;
  do {
    if (stop()) throw Interrupted{};
    const double time_s = rotation.sample(launches).time_s;
    samples.warm_up_s += time_s;
    per_launch_s = time_s / launches;
    pace.add(per_launch_s, time_s);
    samples.settled = plan.settle_limit_s <= 0 || pace.settled(plan.target_half_width);
    if (time_s < plan.min_sample_s) launches = std::min(launches * 2, rotation.longest());
  } while (samples.warm_up_s < plan.warm_up_s ||
           (!samples.settled && samples.warm_up_s < plan.settle_limit_s));
  const double needed = std::ceil(plan.min_sample_s / std::max(per_launch_s, 1e-9));
  return static_cast<int>(std::clamp(needed, 1.0, static_cast<double>(rotation.longest())));
}

void keep(const Sample& sample, Samples& samples) {
  samples.times_s.push_back(sample.time_s / samples.launches_per_sample);
  samples.clocks_hz.push_back(sample.clock_hz);
  samples.powers_w.push_back(sample.power_w);
  samples.temperatures_c.push_back(sample.temperature_c);
  samples.throttled.push_back(!sample.throttled   ? std::numeric_limits<double>::quiet_NaN()
                              : *sample.throttled ? 1.0
                                                  : 0.0);
}

bool narrow_enough(const std::vector<double>& times_s, double target_half_width) {
  const Interval interval = median_interval(times_s);
  return interval.confidence >= 0.95 &&
         interval.relative_half_width(median(times_s)) <= target_half_width;
}

}  // namespace

Plan plan_of(Mode mode) {
  Plan plan;
  plan.mode = mode;
  if (mode == Mode::burst) return plan;
  plan.warm_up_s = 3;
  plan.settle_limit_s = 30;
  plan.rest_s = 0;
  plan.min_sample_s = 0.05;
  plan.time_limit_s = 3;
  return plan;
}

Samples measure(Session& session, Instance& instance, const Plan& plan,
                const std::function<bool()>& stop) {
  Samples samples;
  Rotation rotation(session, instance);
  samples.launches_per_sample = warm_up(rotation, plan, samples, stop);
  static_cast<void>(session.telemetry());  // what came before the samples does not count
  const auto min_samples = static_cast<std::size_t>(plan.min_samples);
  int host_bound = 0;
  double spent_s = 0;
  while (true) {
    if (stop()) throw Interrupted{};
    const Sample sample = rotation.sample(samples.launches_per_sample);
    keep(sample, samples);
    if (sample.host_bound) ++host_bound;
    samples.host_bound_share =
        static_cast<double>(host_bound) / static_cast<double>(samples.times_s.size());
    spent_s += sample.time_s;
    const bool enough = samples.times_s.size() >= min_samples;
    if (enough && spent_s >= plan.min_time_s &&
        narrow_enough(samples.times_s, plan.target_half_width)) {
      samples.converged = true;
      return samples;
    }
    const double limit_s = std::max(plan.time_limit_s, plan.min_time_s);
    if (spent_s >= (enough ? limit_s : 4 * limit_s)) return samples;
    if (plan.rest_s > 0 && sample.throttled.value_or(false)) session.rest(plan.rest_s);
  }
}

}  // namespace derate
