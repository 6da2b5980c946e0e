// SPDX-License-Identifier: Apache-2.0
#include "derate/measure.h"

#include <algorithm>
#include <cmath>

#include "derate/statistics.h"

namespace derate {
namespace {

constexpr int kMaxLaunches = 1 << 20;

/// Launches on rotating operand sets, going on where the last sample stopped, so that a set is not
/// reused before every other one was.
class Rotation {
 public:
  Rotation(Session& session, Instance& instance) : session_(session), instance_(instance) {}

  Sample sample(int launches) {
    const auto launch = [this](int) {
      instance_.launch(next_);
      next_ = (next_ + 1) % instance_.sets();
    };
    return session_.sample(launch, launches);
  }

 private:
  Session& session_;
  Instance& instance_;
  int next_ = 0;
};

/// Warms up in growing batches and returns how many launches fill one sample.
int warm_up(Rotation& rotation, const Plan& plan, Samples& samples,
            const std::function<bool()>& stop) {
  int launches = 1;
  double per_launch_s = 0;
  do {
    if (stop()) throw Interrupted{};
    const double time_s = rotation.sample(launches).time_s;
    samples.warm_up_s += time_s;
    per_launch_s = time_s / launches;
    if (time_s < plan.min_sample_s) launches = std::min(launches * 2, kMaxLaunches);
  } while (samples.warm_up_s < plan.warm_up_s);
  const double needed = std::ceil(plan.min_sample_s / std::max(per_launch_s, 1e-9));
  return static_cast<int>(std::clamp(needed, 1.0, static_cast<double>(kMaxLaunches)));
}

bool narrow_enough(const std::vector<double>& times_s, double target_half_width) {
  const Interval interval = median_interval(times_s);
  return interval.confidence >= 0.95 &&
         interval.relative_half_width(median(times_s)) <= target_half_width;
}

}  // namespace

Samples measure(Session& session, Instance& instance, const Plan& plan,
                const std::function<bool()>& stop) {
  Samples samples;
  Rotation rotation(session, instance);
  samples.launches_per_sample = warm_up(rotation, plan, samples, stop);
  const auto min_samples = static_cast<std::size_t>(plan.min_samples);
  int host_bound = 0;
  double spent_s = 0;
  while (true) {
    if (stop()) throw Interrupted{};
    const Sample sample = rotation.sample(samples.launches_per_sample);
    samples.times_s.push_back(sample.time_s / samples.launches_per_sample);
    samples.clocks_hz.push_back(sample.clock_hz);
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
  }
}

}  // namespace derate
